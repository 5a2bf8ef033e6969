// Moves the data folder at the person's wish: chosen by the system's dialog, looked at, agreed to.
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';
import type { TransferOutcome } from '../session/transfer-client.ts';
import type { TransferProgress } from '../transfer/transfer-contract.ts';
import { planMove, type PlacePlan } from './data-place.ts';
import { CallProblem } from './ipc-handlers.ts';
import { moveData, type Feasible, type MovingParts } from './move-data.ts';

export interface DataMoverParts extends MovingParts {
  readonly window: () => BrowserWindow | null;
}

export class DataMover {
  readonly #parts: DataMoverParts;
  #plan: Feasible | null = null;

  constructor(parts: DataMoverParts) {
    this.#parts = parts;
  }

  /** Asks where to. Null: the dialog was closed. */
  async choose(): Promise<PlacePlan | null> {
    const asked: OpenDialogOptions = {
      title: 'Choose a folder for the data',
      buttonLabel: 'Choose',
      properties: ['openDirectory', 'createDirectory'],
    };
    const window = this.#parts.window();
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, asked)
      : dialog.showOpenDialog(asked));
    const [chosen] = filePaths;
    if (canceled || chosen === undefined) return null;
    const plan = await planMove(chosen, this.#parts.folders.dataDir);
    this.#plan = plan.kind === 'refused' ? null : plan;
    return plan;
  }

  /** Does what the last choice meant. Never rejects but where there was none. */
  begin(onProgress: (progress: TransferProgress) => void): { targetDir: string; outcome: Promise<TransferOutcome> } {
    const plan = this.#plan;
    this.#plan = null;
    if (plan === null) throw new CallProblem('Choose a folder first.');
    return { targetDir: plan.targetDir, outcome: moveData(this.#parts, plan, onProgress) };
  }
}

// The move itself: copied while nothing is discovered, taken over, and only then removed where it was.
import path from 'node:path';
import type { EngineOptions } from '../engine/engine-contract.ts';
import type { Session } from '../session/session.ts';
import type { TransferOutcome } from '../session/transfer-client.ts';
import type { TransferProgress } from '../transfer/transfer-contract.ts';
import type { DataFolders } from './data-folders.ts';
import { removeMovedFrom, type PlacePlan } from './data-place.ts';
import type { SettingsFile } from './settings-file.ts';

export type Feasible = Exclude<PlacePlan, { kind: 'refused' }>;

export interface MovingParts {
  readonly session: Pick<Session, 'transfer' | 'withoutEngine' | 'restartEngine'>;
  readonly settings: SettingsFile;
  readonly folders: DataFolders;
  /** With the folder that counts when it is called. */
  readonly engineOptions: () => EngineOptions;
}

/** Does what `plan` says. Whatever the outcome, `folders` and the settings name the folder that is in use. */
export async function moveData(
  parts: MovingParts,
  plan: Feasible,
  onProgress: (progress: TransferProgress) => void,
): Promise<TransferOutcome> {
  const { session, folders } = parts;
  const fromDir = folders.dataDir;
  const job = plan.kind === 'use' ? null : { kind: 'move' as const, fromDir, targetDir: plan.targetDir };
  const place = {
    taken: { targetDir: plan.targetDir, sizeBytes: plan.sizeBytes },
    takeOver: () => use(parts, plan.targetDir),
    giveBack: () => use(parts, fromDir),
  };
  const outcome = await new Promise<TransferOutcome>((resolve, reject) => {
    const task = async (): Promise<void> => resolve(await session.transfer.move(job, place, onProgress));
    session.withoutEngine(task).catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
  if (outcome.kind === 'done' && plan.kind === 'move') await removeMovedFrom(plan.targetDir);
  return outcome;
}

/** From here on this is where the data is, also after a kill. */
async function use({ settings, folders, session, engineOptions }: MovingParts, dataDir: string): Promise<void> {
  folders.dataDir = path.resolve(dataDir);
  await settings.change({ dataDir: folders.dataDir });
  void session.restartEngine(engineOptions()); // of the engine that is started again afterwards
}

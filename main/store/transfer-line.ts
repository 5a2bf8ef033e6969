// The writer's end of an import: each batch is answered once it is committed, or with the reason why it is not.
import type { Port } from '../base/port.ts';
import type { Catalogue, InsertOutcome } from '../catalogue/catalogue.ts';
import type { Housekeeping } from './housekeeping.ts';
import { answerImport, refusal } from './import-desk.ts';
import type { TransferToWriter, WriterToTransfer } from './store-contract.ts';

type TransferPort = Port<TransferToWriter, WriterToTransfer>;

export interface TransferLineDependencies {
  readonly databasePath: string;
  readonly nowUnixSeconds: () => number;
  /** Null while nothing can be written. */
  readonly openCatalogue: () => Catalogue | null;
  readonly committed: (catalogue: Catalogue, outcome: InsertOutcome | null) => void;
  readonly failed: (error: unknown) => void;
  /** Why there is no room for more, or null, and how many had to make room. */
  readonly room: Pick<Housekeeping, 'roomProblem' | 'forgottenCount'>;
}

export class TransferLine {
  readonly #dependencies: TransferLineDependencies;
  #port: TransferPort | null = null;

  constructor(dependencies: TransferLineDependencies) {
    this.#dependencies = dependencies;
  }

  connect(port: TransferPort): void {
    this.close();
    this.#port = port;
    port.on((message) => port.post(this.#answer(message)));
  }

  close(): void {
    this.#port?.close();
    this.#port = null;
  }

  #answer(message: TransferToWriter): WriterToTransfer {
    const { databasePath, nowUnixSeconds, openCatalogue, committed, failed, room } = this.#dependencies;
    const roomProblem = message.type === 'import' ? room.roomProblem() : null;
    if (roomProblem !== null) return refusal(message, `${roomProblem} What was imported by then stays.`);
    const catalogue = openCatalogue();
    const { reply, outcome, error } = answerImport(catalogue, message, nowUnixSeconds(), databasePath);
    if (error !== null) failed(error);
    else if (catalogue) committed(catalogue, outcome);
    return reply.type === 'imported' ? { ...reply, forgottenCount: room.forgottenCount } : reply;
  }
}

// The transfer thread's way to the writer: batches go out, answers come back, a few at a time. When the writer falls or is
// replaced, whoever waits hears so; what was answered is stored.
import type { Port } from '../base/port.ts';
import type { ImportedTorrent, TransferToWriter, WriterToTransfer } from '../store/store-contract.ts';
import { TransferProblem } from './transfer-problem.ts';

type WriterPort = Port<WriterToTransfer, TransferToWriter>;
type Reply<Type extends WriterToTransfer['type']> = Extract<WriterToTransfer, { type: Type }>;

interface Waiting {
  readonly resolve: (reply: WriterToTransfer) => void;
  readonly reject: (error: Error) => void;
}

export class WriterLink {
  #port: WriterPort | null = null;
  #nextBatchId = 1;
  readonly #waiting = new Map<number, Waiting>();

  /** A writer is there, perhaps in the place of one that fell. */
  connect(port: WriterPort): void {
    this.close();
    this.#port = port;
    port.on((reply) => {
      const waiting = this.#waiting.get(reply.batchId);
      this.#waiting.delete(reply.batchId);
      waiting?.resolve(reply);
    });
  }

  import(torrents: readonly ImportedTorrent[]): Promise<Reply<'imported'>> {
    return this.#ask((batchId) => ({ type: 'import', batchId, torrents }));
  }

  /** `infohashes`: n x 20 bytes packed. */
  queue(infohashes: Uint8Array): Promise<Reply<'queued'>> {
    return this.#ask((batchId) => ({ type: 'queue', batchId, infohashes }));
  }

  close(): void {
    this.#port?.close();
    this.#port = null;
    const problem = 'Storing was interrupted. Import the same file again: what is stored already is recognised.';
    for (const { reject } of this.#waiting.values()) reject(new TransferProblem(problem));
    this.#waiting.clear();
  }

  #ask<Answer extends WriterToTransfer>(message: (batchId: number) => TransferToWriter): Promise<Answer> {
    const batchId = this.#nextBatchId++;
    return new Promise<Answer>((resolve, reject) => {
      if (!this.#port) {
        reject(new TransferProblem('The catalogue is not open, so nothing can be imported. Try again in a moment.'));
        return;
      }
      this.#waiting.set(batchId, { resolve: resolve as (reply: WriterToTransfer) => void, reject });
      this.#port.post(message(batchId));
    });
  }
}

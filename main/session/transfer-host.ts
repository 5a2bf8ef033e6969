// What a transfer needs of the session: a thread, the writer at its other end, and the store closed and opened again.
import { MessageChannel } from 'node:worker_threads';
import type { Log } from '../base/log.ts';
import type { WriterCommand, WriterEvent } from '../store/store-contract.ts';
import type { StoreGate } from './store-gate.ts';
import type { SupervisedWorker } from './supervised-worker.ts';
import type { TransferHost } from './transfer-client.ts';

export interface TransferHostParts {
  readonly createWorker: TransferHost['createWorker'];
  readonly writer: SupervisedWorker<WriterCommand, WriterEvent>;
  readonly gate: StoreGate;
  readonly closeStore: TransferHost['closeStore'];
  readonly startStore: () => void;
  readonly log: Log;
}

export function transferHost({
  createWorker,
  writer,
  gate,
  closeStore,
  startStore,
  log,
}: TransferHostParts): TransferHost {
  return {
    createWorker,
    closeStore,
    joinWriter: (transfer) => {
      if (!writer.isRunning) return;
      const { port1, port2 } = new MessageChannel();
      writer.post({ type: 'connect-transfer', port: port1 }, [port1]);
      transfer.post({ type: 'connect-writer', port: port2 }, [port2]);
    },
    whenStoreIsOpen: () => gate.opened,
    openStore: () => {
      gate.begin();
      startStore();
      return gate.opened;
    },
    onLog: ({ level, message }) => log[level](message),
  };
}

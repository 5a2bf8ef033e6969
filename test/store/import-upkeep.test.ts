// An import stores as fast as it can: each of its commits joins segments and moves the log, since no turn is left for housekeeping.
import { expect, it } from 'vitest';
import type { Port } from '../../main/base/port.ts';
import { openCatalogueReader } from '../../main/catalogue/open-catalogue.ts';
import type { TransferToWriter, WriterToTransfer } from '../../main/store/store-contract.ts';
import { LOG_PAGES_MUCH } from '../../main/store/checkpoints.ts';
import { madeTorrent, temporaryPath } from '../catalogue/support.ts';
import { startWriter } from './writer-support.ts';

/** Fewer than what FTS5 joins by itself. */
const BATCHES = 60;
const ROWS = 50;

it('an import leaves few segments and a short log behind', () => {
  const path = temporaryPath();
  const { writer } = startWriter(path);
  const answers: WriterToTransfer[] = [];
  let send: (message: TransferToWriter) => void = () => undefined;
  const port: Port<TransferToWriter, WriterToTransfer> = {
    post: (message) => void answers.push(message),
    on: (receive) => (send = receive),
    close: () => undefined,
  };
  writer.connectTransfer(port);
  const reader = openCatalogueReader({ databasePath: path, nativeBinding: null });
  const looked = reader.database.prepare('PRAGMA wal_checkpoint(NOOP)');
  let mostPages = 0;
  for (let batchId = 0; batchId < BATCHES; batchId++) {
    const torrents = Array.from({ length: ROWS }, (_, index) => {
      const torrent = madeTorrent(batchId * ROWS + index);
      const lastSeenAtUnixSeconds = torrent.discoveredAtUnixSeconds;
      return { ...torrent, timesSeen: 1, lastSeenAtUnixSeconds, health: null, isStarred: false };
    });
    send({ type: 'import', batchId, torrents });
    const { log, checkpointed } = looked.get() as { log: number; checkpointed: number };
    mostPages = Math.max(mostPages, log - checkpointed);
  }
  expect(answers).toHaveLength(BATCHES);
  const segments = reader.database.prepare('SELECT count(DISTINCT segid) FROM name_fts_idx').pluck().get();
  expect(segments).toBeLessThan(32);
  expect(mostPages).toBeGreaterThan(LOG_PAGES_MUCH / 4);
  expect(mostPages).toBeLessThan(LOG_PAGES_MUCH + 400);
  reader.database.close();
});

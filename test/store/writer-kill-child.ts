// The process that writer-kill.test.ts kills: the real writer thread, fed without end; prints each 'stored' total as it is
// told. Run by Node directly: `node writer-kill-child.ts <database path> <first seed> [<quota in bytes>]`.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { NO_POLICY } from '../../main/store/owner-contract.ts';
import { COMMIT_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import type { EngineToWriter, WriterEvent, WriterToEngine } from '../../main/store/store-contract.ts';

const [, , databasePath, firstSeedText, quotaText] = process.argv;
const policy = { ...NO_POLICY, quotaBytes: quotaText === undefined ? null : Number(quotaText) };
const worker = new Worker(new URL('../../main/store/writer-worker.ts', import.meta.url), {
  workerData: { databasePath, nativeBinding: null, policy },
});
const { port1, port2 } = new MessageChannel();
let seed = Number(firstSeedText);

function nextTorrent(): Torrent {
  const infohashV1 = new Uint8Array(createHash('sha1').update(`v1 ${seed}`).digest());
  const name = `Killed Torrent ${seed++}`;
  const files = Array.from({ length: 20 }, (_, index) => ({ path: `folder/${name} ${index}.bin`, sizeBytes: index }));
  const rest = {
    sizeBytes: 190,
    fileCount: 20,
    isPrivate: false,
    peersSeen: 1,
    discoveredAtUnixSeconds: 1_790_000_000,
  };
  return { infohashV1, infohashV2: null, name, files, ...rest };
}

const send = (): void => {
  const message: EngineToWriter = { type: 'store', torrents: Array.from({ length: COMMIT_TORRENTS_MAX }, nextTorrent) };
  port2.postMessage(message);
};

let storedCount = 0;
port2.on('message', (reply: WriterToEngine) => {
  if (reply.type !== 'stored') return;
  storedCount += reply.storedCount;
  // Synchronously, so that what was told is outside this process before it can be killed.
  writeSync(1, `${storedCount}\n`);
  send();
});
worker.on('message', (event: WriterEvent) => {
  if (event.type === 'failed') throw new Error(event.problem);
  if (event.type !== 'ready') return;
  worker.postMessage({ type: 'connect-engine', port: port1 }, [port1]);
  for (let count = 0; count < 2; count++) send();
});

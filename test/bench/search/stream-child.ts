// A thread in the engine's place: hands the writer 100 torrents a second of the corpus, and those with a name of their own that
// it is asked for. Apart, as the engine is, so that making them up keeps nobody waiting.
import assert from 'node:assert';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { benchCorpus } from './bench-corpus.ts';

const EVERY_MS = 250;
const TORRENTS = 25;

export interface StreamOrder {
  readonly writer: MessagePort;
  /** The first torrent of the corpus that comes in. */
  readonly from: number;
}

assert(parentPort, 'stream-child.ts runs as a worker thread');
const { writer, from } = workerData as StreamOrder;
const corpus = benchCorpus();
let next = from;
const batch = (count: number) => Array.from({ length: count }, () => corpus.torrent(next++));
const stream = setInterval(() => writer.postMessage({ type: 'store', torrents: batch(TORRENTS) }), EVERY_MS);
parentPort.on('message', (marker: string | null) => {
  if (marker !== null)
    return writer.postMessage({ type: 'store', torrents: batch(1).map((one) => ({ ...one, name: marker })) });
  clearInterval(stream);
  parentPort?.close();
  writer.close();
});

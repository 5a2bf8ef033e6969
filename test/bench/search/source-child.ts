// A process that makes up torrents for another that stores them: a hundred thousand titles on the heap of the one that is
// measured would be marked by its collector all the time.
import assert from 'node:assert';
import { benchCorpus } from './bench-corpus.ts';

export interface SourceOrder {
  readonly from: number;
  readonly count: number;
}

const corpus = benchCorpus();
assert(process.send, 'source-child.ts is forked');
process.on('message', ({ from, count }: SourceOrder) => {
  process.send!(Array.from({ length: count }, (_, offset) => corpus.torrent(from + offset)));
});

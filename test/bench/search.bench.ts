// The search at a million torrents, each figure beside its goal, and what others do over the same names. Ten minutes and 1 GB
// in .cache/bench, of which the corpus is kept; LANTERNFISH_BENCH_PARTS=threads,process runs parts of it (search/table.ts).
import { runSearchBench } from './search/table.ts';

export const name = 'search';

export const run = (): Promise<string[]> => runSearchBench(1_000_000);

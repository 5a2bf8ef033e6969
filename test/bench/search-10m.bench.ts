// The same at ten million torrents, nine of them only on disk. Takes an hour the first time and 9 GB in .cache/bench, of which
// the corpus (4 GB) is kept. A build that was interrupted goes on.
import { runSearchBench } from './search/table.ts';

export const name = 'search-10m';

export const run = (): Promise<string[]> => runSearchBench(10_000_000);

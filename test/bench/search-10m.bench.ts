// The same at ten million torrents, nine of them only on disk. Takes half an hour and 5 GB in the temporary folder.
import { runSearchBench } from './search/table.ts';

export const name = 'search-10m';

const TORRENTS = Number(process.env['LANTERNFISH_BENCH_TORRENTS'] ?? 10_000_000);

export const run = (): Promise<string[]> => runSearchBench(TORRENTS);

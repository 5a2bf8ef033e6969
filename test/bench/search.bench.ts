// The search at a million torrents, each figure beside its goal, and what others do over the same names. Some minutes.
import { runSearchBench } from './search/table.ts';

export const name = 'search';

/** Fewer for a quick look: the goals are for a million. */
const TORRENTS = Number(process.env['LANTERNFISH_BENCH_TORRENTS'] ?? 1_000_000);

export const run = (): Promise<string[]> => runSearchBench(TORRENTS);

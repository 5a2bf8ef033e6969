// Runs the parts of the benchmark at one size, one after another, and prints each figure of the issue beside its goal.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NAMES_IN_MEMORY_DEFAULT } from '../../../main/store/store-contract.ts';
import { OTHER_NAMES } from './others.ts';
import { PART_NAMES, type PartName } from './parts.ts';
import { figures, quantile } from './queries.ts';
import { forgetResult, type KeptResults, keptResults } from './results.ts';

const CHILD = fileURLToPath(new URL('run-part-child.ts', import.meta.url));
const NOT_MEASURED = 'not measured';

/** LANTERNFISH_BENCH_TORRENTS: another size. LANTERNFISH_BENCH_PARTS: only these, by commas; `none` prints what is known. */
export async function runSearchBench(defaultCount: number): Promise<string[]> {
  const torrentCount = Number(process.env['LANTERNFISH_BENCH_TORRENTS'] ?? defaultCount);
  const problems: string[] = [];
  for (const part of partsAsked(torrentCount)) {
    const startedAtMs = performance.now();
    forgetResult(torrentCount, part);
    const { status } = spawnSync(process.execPath, ['--expose-gc', CHILD, part, String(torrentCount)], {
      stdio: 'inherit',
    });
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
    process.stderr.write(`${part}: ${status === 0 ? 'done' : 'FAILED'} after ${seconds} s\n`);
    if (status !== 0) problems.push(`part ${part} failed`);
  }
  return Promise.resolve([...problems, ...linesOf(torrentCount, keptResults(torrentCount))]);
}

/** At ten million the others would take an hour and more memory than there is. */
function partsAsked(torrentCount: number): readonly PartName[] {
  const asked = process.env['LANTERNFISH_BENCH_PARTS']?.split(',');
  const isLarge = torrentCount > NAMES_IN_MEMORY_DEFAULT;
  if (asked === undefined) return PART_NAMES.filter((part) => !isLarge || !isOther(part));
  return PART_NAMES.filter((part) => asked.includes(part));
}

const isOther = (part: PartName): boolean => (OTHER_NAMES as readonly string[]).includes(part);

function linesOf(torrentCount: number, { found, atMs }: KeptResults): string[] {
  const { corpus, threads, process: alone } = found;
  const times = Object.values(atMs);
  const span = times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 60_000;
  const files = corpus ? `, ${corpus.fileCount.toLocaleString('en')} files` : '';
  return [
    `${torrentCount.toLocaleString('en')} torrents${files}; 100 inserts a second beside the queries; measured within ${span.toFixed(0)} minutes`,
    ...roundTripLines(torrentCount, found),
    ...qualityLines(found),
    ...storeLines(found),
    ...forgetLines(found),
    ...startLines(found),
    '',
    `first batch by class:${' '.repeat(11)}${'as the window gets it'.padEnd(40)}the search itself, least of 3`,
    ...Object.keys(threads?.firstMs ?? alone?.leastMs ?? {}).map(
      (kind) =>
        `  ${kind.padEnd(30)}${shown(threads?.firstMs[kind], figures).padEnd(40)}${shown(alone?.leastMs[kind], figures)}`,
    ),
    ...(threads?.slowest ?? []).map(({ ms, kind, text }) => `  slow: ${ms.toFixed(1)} ms, ${kind}: ${text}`),
    ...(threads?.slowestSecond ?? []).map(
      ({ ms, kind, text }) => `  slow second batch: ${ms.toFixed(1)} ms, ${kind}: ${text}`,
    ),
    '',
    'beside it, over the same names:',
    ...OTHER_NAMES.map((name) =>
      shown(
        found[name],
        (one) =>
          `  ${one.name.padEnd(24)}${figures(one.timesMs).padEnd(44)} MRR ${one.reciprocalRank.toFixed(3)}, built in ${one.buildCpuSeconds.toFixed(0)} CPU s`,
        `  ${name}: ${NOT_MEASURED}`,
      ),
    ),
  ];
}

type Found = KeptResults['found'];

function roundTripLines(torrentCount: number, { threads, process: alone }: Found): string[] {
  const all = threads && Object.values(threads.firstMs).flat();
  const least = alone && Object.values(alone.leastMs).flat();
  const isLarge = torrentCount > NAMES_IN_MEMORY_DEFAULT;
  return [
    isLarge
      ? row('first batch', all, figures, { goal: 'p99 16 ms', isReached: (times) => quantile(times, 0.99) <= 16 })
      : row('round trip, first batch', all, figures, {
          goal: 'p50 1.5, p99 12, max 50 ms',
          isReached: (times) => isWithin(times, 1.5, 12, 50),
        }),
    note('  of it the search itself', least, figures),
    note('  an empty question and answer', threads?.bareMs, figures),
    note('  longest stall of the asker', threads, ({ askerStallMs }) => `${askerStallMs.toFixed(0)} ms`),
    row('second batch (from disk)', threads?.secondMs, figures, {
      goal: isLarge ? 'p99 200 ms' : 'p99 200 ms at ten million',
      isReached: (times) => quantile(times, 0.99) <= 200,
    }),
    row('stored -> found', threads?.freshnessMs, figures, {
      goal: 'p99 300 ms',
      isReached: (times) => quantile(times, 0.99) <= 300,
    }),
    row('count and facets, commonest word', alone?.countMs, figures, {
      goal: 'p99 10 ms',
      isReached: (times) => quantile(times, 0.99) <= 10,
    }),
  ];
}

function qualityLines({ process: alone }: Found): string[] {
  const share = (name: string, value: number | undefined, goal: number): string =>
    row(name, value, (one) => one.toFixed(3), { goal: String(goal), isReached: (one) => one >= goal });
  return [
    share('one slip: meant word among 5', alone?.spelling.oneEdit, 0.99),
    share('by sound: meant word among 5', alone?.spelling.bySound, 0.75),
    share('known titles: MRR', alone?.reciprocalRank, 0.98),
  ];
}

function storeLines({ corpus, inserts, threads, process: alone }: Found): string[] {
  const perTorrent = (bytes: number, torrents: number, files: number): string =>
    `${(bytes / torrents).toFixed(0)} bytes a torrent, ${(bytes / files).toFixed(0)} a file`;
  return [
    row('inserts a CPU second', inserts, (one) => one.torrentsPerCpuSecond.toFixed(0), {
      goal: '20000',
      isReached: (one) => one.torrentsPerCpuSecond >= 20_000,
    }),
    note('  when the corpus was built', corpus, (one) =>
      one.isBulk ? 'built in bulk (bulk-fill.ts)' : one.torrentsPerCpuSecond.toFixed(0),
    ),
    row('disk for 1,000,000', corpus, (one) => megabytes((one.databaseBytes / one.torrentCount) * 1e6), {
      goal: '450 MB',
      isReached: (one) => one.databaseBytes / one.torrentCount <= 450,
    }),
    note('  of the corpus', corpus, (one) => perTorrent(one.databaseBytes, one.torrentCount, one.fileCount)),
    note('  stored just now', inserts, (one) => perTorrent(one.bytes, one.torrentCount, one.fileCount)),
    row('memory: both threads', threads, (one) => megabytes(one.rssGrowthBytes), {
      goal: '400 MB, whole app',
      isReached: (one) => one.rssGrowthBytes <= 400e6,
    }),
    note('  of it the name index', alone, (one) => megabytes(one.indexBytes)),
  ];
}

function forgetLines({ forget }: Found): string[] {
  return [
    row('turns of the writer, forgetting', forget?.cpuMs, figures, {
      goal: 'p99 10, max 50 ms of CPU',
      isReached: (times) => isWithin(times, Infinity, 10, 50),
    }),
    note('  by the clock', forget?.wallMs, figures),
    note('  beside it', forget, (one) => `${one.forgottenCount} forgotten, ${one.storedCount} stored`),
    row(
      'above its limit, once below it',
      forget,
      (one) => (one.excessBytes === null ? 'not yet below it' : megabytes(one.excessBytes)),
      {
        goal: '0 MB',
        isReached: (one) => one.excessBytes === 0,
      },
    ),
  ];
}

function startLines({ start, threads }: Found): string[] {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    row('start -> first result', threads, (one) => ms(one.firstAnswerMs), {
      goal: '1500 ms',
      isReached: (one) => one.firstAnswerMs <= 1500,
    }),
    note('  everything in memory after', threads, (one) => ms(one.readyMs)),
    note('  the very first start', start, (one) => `${ms(one.firstAnswerMs)} and ${ms(one.readyMs)}`),
  ];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

function shown<T>(value: T | undefined, show: (value: T) => string, otherwise = NOT_MEASURED): string {
  return value === undefined ? otherwise : show(value);
}

function isWithin(times: readonly number[], p50: number, p99: number, max: number): boolean {
  return quantile(times, 0.5) <= p50 && quantile(times, 0.99) <= p99 && quantile(times, 1) <= max;
}

function row<T>(
  what: string,
  value: T | undefined,
  show: (value: T) => string,
  { goal, isReached }: { goal: string; isReached: (value: T) => boolean },
): string {
  const verdict = value === undefined ? '' : isReached(value) ? 'reached' : 'NOT REACHED';
  return `${what.padEnd(34)}${shown(value, show).padEnd(36)}goal ${goal.padEnd(28)}${verdict}`;
}

const note = <T>(what: string, value: T | undefined, show: (value: T) => string): string =>
  `${what.padEnd(34)}${shown(value, show)}`;

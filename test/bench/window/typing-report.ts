// What typing into the window came to: its frames against those of an empty window, and where the time from a key to its
// results goes.
import type { CrawlDto } from '../../../preload/crawl-contract.ts';
import { FULL_PACE_SETTINGS } from './full-pace.ts';
import type { BenchLine } from './measured-app.ts';
import { median, ms, partOf, spread, verdict } from './report.ts';

const FRAME_MS_GOAL = 50;
const RESULTS_MS_GOAL = 50;
/** Below this share of the limits it is no full pace. */
const PACE_SHARE_MIN = 0.8;

interface Answer {
  readonly pressedMs: number;
  readonly heardMs: number;
  readonly placedMs: number;
  readonly framedMs: number;
  readonly shownMs: number;
}

export interface TypedLine extends BenchLine {
  readonly event: 'typed' | 'floor';
  readonly frames: readonly { readonly ms: number; readonly endedAtMs: number }[];
  /** Of keys that no later key overtook. */
  readonly answers: readonly Answer[];
  readonly longTasks: readonly { readonly ms: number; readonly begunAtMs: number }[];
  /** In the app's main thread. */
  readonly searches: readonly { readonly begunMs: number; readonly endedMs: number }[];
  readonly keys: number;
  /** In the box, at the end. */
  readonly left: string;
  readonly seconds: number;
  readonly pageCpuMs: number;
  readonly rendererCpuMs: number;
  readonly packetsOut: number;
  readonly pace: CrawlDto['now'];
  readonly torrents: number;
}

/** `floor`: the same keys typed into an empty window. */
export function reportTyping(typed: TypedLine, floor: TypedLine): string[] {
  for (const { left } of [typed, floor]) {
    if (left !== '') throw new Error(`the keys did not arrive as typed: "${left}" is left in the box`);
  }
  const resultsMs = typed.answers.map(({ pressedMs, shownMs }) => shownMs - pressedMs);
  return [
    `typing ${typed.keys} keys in ${typed.seconds.toFixed(0)} s while ${crawling(typed)}`,
    `frames: ${framesOf(typed)} ${verdict(slowFrames(typed) === 0, 'none')}`,
    `CPU time a key: ${cpuOf(typed)}; the empty window's ${cpuOf(floor)}`,
    `the same keys into an empty window, the app at work behind it, while ${crawling(floor)}`,
    `  frames: ${framesOf(floor)} (what this machine drops without us)`,
    `from a key to its results on screen: ${resultsMs.length} answers, ${spread(resultsMs)} ${verdict(median(resultsMs) < RESULTS_MS_GOAL, `median under ${RESULTS_MS_GOAL} ms`)}`,
    ...stagesOf(typed).map(([name, values]) => `  ${name}: ${ms(median(values))}, p99 ${ms(partOf(values, 0.99))}`),
  ];
}

function crawling({ packetsOut, seconds, torrents, pace }: TypedLine): string {
  const packets = packetsOut / seconds;
  const full = FULL_PACE_SETTINGS.customLimits.packetsPerSecond / 2;
  const words = packets < PACE_SHARE_MIN * full ? 'NO FULL PACE' : 'full pace';
  const allowed = `${pace?.allowedNewAddressesPerSecond.toFixed(0)} new addresses`;
  const signal = pace?.lastSignal == null ? '' : `, last halved ${pace.lastSignalAgoSeconds} s ago: ${pace.lastSignal}`;
  return `the crawler sent ${packets.toFixed(0)} packets and stored ${(torrents / seconds).toFixed(1)} torrents a second (${words}: ${full} packets; allowed itself ${allowed}${signal})`;
}

const cpuOf = ({ pageCpuMs, rendererCpuMs, keys }: TypedLine): string =>
  `${ms(pageCpuMs / keys)} of the page's thread, ${ms(rendererCpuMs / keys)} of its process`;

const slowFrames = ({ frames }: TypedLine): number => frames.filter((frame) => frame.ms > FRAME_MS_GOAL).length;

function framesOf(line: TypedLine): string {
  const { frames, longTasks } = line;
  const longestTask = Math.max(0, ...longTasks.map((task) => task.ms));
  const tasks = `${longTasks.length} long tasks of the page${longTasks.length > 0 ? ` up to ${ms(longestTask)}` : ''}`;
  return `${frames.length}, ${spread(frames.map((frame) => frame.ms))}; ${slowFrames(line)} longer than ${FRAME_MS_GOAL} ms, ${tasks}`;
}

/** The parts of each answer's time, one after the other. */
function stagesOf({ answers, searches }: TypedLine): [string, number[]][] {
  const parts = answers.flatMap((answer) => {
    const own = searches.filter(({ begunMs, endedMs }) => begunMs >= answer.heardMs - 1 && endedMs <= answer.placedMs);
    const [first] = own;
    const last = own.at(-1);
    if (!first || !last) return [];
    const times = [answer.pressedMs, answer.heardMs, first.begunMs, last.endedMs, answer.placedMs, answer.framedMs];
    return [[...times, answer.shownMs].slice(1).map((time, at) => time - times[at]!)];
  });
  const names = [
    'until the page hears of the key',
    "until the app's main thread has the question",
    'until it has the answer of the search thread',
    'until the page has the rows in place',
    'until the next frame begins',
    'until that frame is laid out, painted and handed over',
  ];
  return names.map((name, at) => [name, parts.map((part) => part[at]!)]);
}

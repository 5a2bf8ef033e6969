// For whoever looks into a figure: with LANTERNFISH_BENCH_PROFILE=FOLDER a trace of all of Chromium's processes and threads is
// written there while something is measured (open it in chrome://tracing or Perfetto). It slows everything down.
import { contentTracing } from 'electron';
import path from 'node:path';
import process from 'node:process';

const folder = process.env['LANTERNFISH_BENCH_PROFILE'];
const CATEGORIES = [
  'toplevel',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-v8.cpu_profiler',
  'latencyInfo',
  'cc',
  'viz',
  'blink.user_timing',
];

/**
 * @template Answer
 * @param {() => Promise<Answer>} work
 */
export async function profiled(work) {
  if (folder === undefined) return work();
  await contentTracing.startRecording({ included_categories: CATEGORIES, excluded_categories: ['*'] });
  const answer = await work();
  await contentTracing.stopRecording(path.join(folder, 'typing.trace.json'));
  return answer;
}

// `npm run bench [-- dht search ...]`: runs the benchmarks in test/bench/ one after another, each in a process of its own so
// that one's garbage is not another's pause, and prints what they measured. A benchmark exports `name` and `run()`, which
// resolves to the lines to print. Figures are for comparing on one machine, not for quoting.
import { cpus } from 'node:os';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nativeUdpEnvironment } from './native-udp.mjs';
import { requireNode } from './node-version.mjs';
import { Refusal, ROOT, run, runScript, say } from './terminal.mjs';

const FOLDER = join(ROOT, 'test', 'bench');
const RUN_ONE = '--run-one';

await runScript(async () => {
  requireNode();
  const args = process.argv.slice(2);
  if (args[0] === RUN_ONE) return runOne(args[1] ?? '');
  const files = (await readdir(FOLDER).catch(() => []))
    .filter((file) => /\.bench\.(mjs|ts)$/.test(file))
    .filter((file, _, all) => args.length === 0 || args.some((filter) => matches(file, filter, all)))
    .sort();
  if (files.length === 0) throw new Refusal(`No benchmark in test/bench/ matches ${args.join(' ') || 'anything'}.`);
  process.stdout.write(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}\n`);
  const env = { ...process.env, ...(await nativeUdpEnvironment()) };
  let failedCount = 0;
  for (const file of files) {
    const code = await run(process.execPath, ['--expose-gc', import.meta.filename, RUN_ONE, join(FOLDER, file)], {
      env,
    });
    if (code !== 0) failedCount++;
  }
  if (failedCount > 0) say(`${failedCount} of ${files.length} benchmarks failed.`);
  return failedCount === 0 ? 0 : 1;
});

/** Its whole name means that one alone (`search` is not `search-10m`); a part of a name means all that have it. */
function matches(/** @type {string} */ file, /** @type {string} */ filter, /** @type {string[]} */ all) {
  const isWhole = all.some((one) => one.replace(/\.bench\.(mjs|ts)$/, '') === filter);
  return isWhole ? file.replace(/\.bench\.(mjs|ts)$/, '') === filter : file.includes(filter);
}

async function runOne(/** @type {string} */ file) {
  const startedAtMs = performance.now();
  /** @type {{ name?: string, run?: () => Promise<readonly string[]> }} */
  const bench = await import(pathToFileURL(file).href);
  if (typeof bench.run !== 'function') throw new Refusal(`${basename(file)} exports no run().`);
  const lines = await bench.run();
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  process.stdout.write(`\n${bench.name ?? basename(file)} (${seconds} s)\n`);
  for (const line of lines) process.stdout.write(`  ${line}\n`);
  process.exit(0); // whatever a benchmark left open ends with it
}

// `npm run headless`: the same engine and catalogue without Electron, for servers and for checks. Starting it is the consent.
// Prints a status line every 5 s; ends cleanly on SIGINT, SIGTERM or after --for seconds.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from './base/clock.ts';
import { createTextLog } from './base/log.ts';
import { headlessUsage, parseHeadlessArguments, type HeadlessArguments } from './session/headless-arguments.ts';
import { headlessLine, headlessStatus } from './session/headless-status.ts';
import { Session } from './session/session.ts';

const STATUS_EVERY_MS = 5_000;
const BAD_ARGUMENTS = 2;

const parsed = parseHeadlessArguments(process.argv.slice(2));
if ('help' in parsed) {
  process.stdout.write(headlessUsage());
} else if ('problem' in parsed) {
  process.stderr.write(`${parsed.problem}\n`);
  process.exitCode = BAD_ARGUMENTS;
} else {
  run(parsed);
}

function run(options: HeadlessArguments): void {
  const { safetyListPath } = options.policy;
  // Whoever gives a list wants nothing to be stored without it.
  if (safetyListPath !== null && !existsSync(safetyListPath)) {
    process.stderr.write(`--safety-list cannot be read: there is no ${safetyListPath}.\n`);
    process.exitCode = BAD_ARGUMENTS;
    return;
  }
  try {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    process.stderr.write(`--data-dir cannot be used: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = BAD_ARGUMENTS;
    return;
  }
  const log = createTextLog(
    (line) => process.stderr.write(line),
    () => systemClock.nowUnixSeconds(),
  );
  const session = new Session({
    clock: systemClock,
    log,
    workerPath: (name) => path.join(import.meta.dirname, name === 'engine-worker' ? 'engine' : 'store', `${name}.ts`),
    store: {
      databasePath: path.join(options.dataDir, 'catalogue.db'),
      nativeBinding: process.env['LANTERNFISH_SQLITE_BINDING'] ?? null,
      policy: options.policy,
    },
    hasSearch: false,
  });
  const print = (): void => {
    const status = headlessStatus(session.status, options.engine);
    process.stdout.write(`${options.isJson ? JSON.stringify(status) : headlessLine(status)}\n`);
  };
  let isStopping = false;
  const stop = async (exitCode: number): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    printing.cancel();
    ending?.cancel();
    await session.stop();
    print();
    // Everything is saved; a socket that is slow to close must not keep a stopped crawler alive.
    process.exit(exitCode);
  };
  const printing = systemClock.setRepeating(STATUS_EVERY_MS, print);
  const ending =
    options.forSeconds === null ? null : systemClock.setTimer(options.forSeconds * 1000, () => void stop(0));
  // `npm run headless ... | head` closes the pipe: nobody reads on, and that is no failure.
  process.stdout.on('error', () => void stop(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
  // Nobody is there to read a window: what cannot go on by itself ends, with its reason.
  session.onStatus = () => {
    const { problem, isProblemPassing, engine } = session.status;
    if ((problem !== null && !isProblemPassing) || engine?.state === 'failed') void stop(1);
  };
  session.start();
  session.startEngine(options.engine);
}

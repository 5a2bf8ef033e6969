// `npm run export | import | backup | restore`: what the window does with files, in the terminal. The same thread does the
// work. Exit codes: 0 done, 1 failed, 2 bad arguments, 130 cancelled.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from './base/clock.ts';
import { createTextLog } from './base/log.ts';
import { Session } from './session/session.ts';
import type { TransferOutcome } from './session/transfer-client.ts';
import { failureLines, outcomeLines, progressLine } from './transfer/transfer-output.ts';
import {
  parseTransferArguments,
  TRANSFER_COMMANDS,
  transferUsage,
  type TransferArguments,
} from './transfer/transfer-arguments.ts';

const FAILED = 1;
const BAD_ARGUMENTS = 2;
const CANCELLED = 130;

// `export ... | head` closes the pipe while we write; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : FAILED);
});

const command = TRANSFER_COMMANDS.find((name) => name === process.argv[2]);
const parsed = command
  ? parseTransferArguments(command, process.argv.slice(3))
  : { problem: `Say which: ${TRANSFER_COMMANDS.join(', ')}.` };
if ('help' in parsed) process.stdout.write(transferUsage(command!));
else if ('problem' in parsed) refuse(parsed.problem);
else {
  const problem = fileProblem(parsed);
  if (problem !== null) refuse(problem);
  else process.exitCode = await run(parsed);
}

function refuse(problem: string): void {
  process.stderr.write(`${problem}\n`);
  process.exitCode = BAD_ARGUMENTS;
}

function fileProblem({ folder, databasePath, mustNotExist, job }: TransferArguments): string | null {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return `--data-dir wants an existing folder; there is none at ${folder}.`;
  }
  const isReader = job.kind === 'export' || job.kind === 'backup';
  if (isReader && !existsSync(databasePath)) return `There is no catalogue in ${folder}: catalogue.db is missing.`;
  if (mustNotExist !== null && existsSync(mustNotExist)) {
    return `${mustNotExist} is there already; --force replaces it.`;
  }
  const missing = job.kind === 'import' ? job.paths.find((file) => !existsSync(file)) : undefined;
  return missing === undefined ? null : `There is no ${missing}.`;
}

async function run({ databasePath, job, isJson }: TransferArguments): Promise<number> {
  const session = new Session({
    clock: systemClock,
    log: createTextLog(
      (line) => process.stderr.write(line),
      () => systemClock.nowUnixSeconds(),
    ),
    workerPath: (name) =>
      path.join(import.meta.dirname, name === 'transfer-worker' ? 'transfer' : 'store', `${name}.ts`),
    store: { databasePath, nativeBinding: process.env['LANTERNFISH_SQLITE_BINDING'] ?? null },
    hasSearch: false,
  });
  // Reading needs no writer: export and backup work beside a running Lanternfish.
  if (job.kind === 'import') session.start();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => session.transfer.cancel());
  const showsProgress = isJson || process.stderr.isTTY;
  const outcome = await session.transfer.run(job, (progress) => {
    if (isJson) process.stdout.write(`${JSON.stringify({ type: 'progress', ...progress })}\n`);
    else if (showsProgress) process.stderr.write(`\r\u001b[K${progressLine(progress)}`);
  });
  if (showsProgress && !isJson) process.stderr.write('\r\u001b[K');
  await session.stop();
  tell(outcome, isJson);
  return exitCodeOf(outcome);
}

function tell(outcome: TransferOutcome, isJson: boolean): void {
  if (isJson) {
    const { kind, ...facts } = outcome;
    process.stdout.write(`${JSON.stringify({ type: kind, ...facts })}\n`);
  } else if (outcome.kind === 'done') {
    process.stdout.write(outcomeLines(outcome.result, outcome.asidePath));
  }
  if (outcome.kind !== 'done') process.stderr.write(failureLines(outcome));
}

function exitCodeOf(outcome: TransferOutcome): number {
  if (outcome.kind === 'cancelled') return CANCELLED;
  if (outcome.kind === 'failed') return FAILED;
  const { result } = outcome;
  if (result.kind !== 'import') return 0;
  const isNothing = result.newCount + result.mergedCount + result.queuedCount === 0;
  return isNothing && result.skippedCount > 0 ? FAILED : 0;
}

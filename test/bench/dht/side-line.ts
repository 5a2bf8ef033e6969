// How a side of the benchmarks is spoken to: lines of JSON, over stdin and stdout in a Node process of its own, or as messages
// in a worker thread of the Electron runtime (electron-host.mjs).
import { createInterface } from 'node:readline';
import { parentPort } from 'node:worker_threads';
import type { Command } from './commands.ts';

/** Answers each command with what `onCommand` resolves to; a process ends when its stdin does. */
export function listen(onCommand: (command: Command) => Promise<object>): void {
  const hear = (line: string): void => void onCommand(JSON.parse(line) as Command).then(say);
  if (parentPort !== null) parentPort.on('message', hear);
  else
    createInterface({ input: process.stdin })
      .on('line', hear)
      .on('close', () => process.exit(0));
}

/** One line to whoever drives this side. */
export function say(answer: object): void {
  const line = JSON.stringify(answer);
  if (parentPort !== null) parentPort.postMessage(line);
  else process.stdout.write(`${line}\n`);
}

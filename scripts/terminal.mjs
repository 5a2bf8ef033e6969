// How the developer scripts talk: short lines for a person, one question where it matters, children that end with us.
// No colours: the same text goes to terminals and to CI logs.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

/** The repository's root; every script works from any folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** A failure that is explained to the person by its message alone; anything else keeps its stack. */
export class Refusal extends Error {}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** True where a question can be asked and somebody is there to answer it. */
export function isInteractive() {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY && !process.env.CI);
}

/**
 * Asks a yes or no question; no is the default.
 * @param {string} question
 */
export async function confirm(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/**
 * Runs a program in the foreground, on our own terminal, and resolves to its exit code (128 + number for a signal).
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, quiet?: boolean }} [options] quiet: what it prints is shown only if it fails
 * @returns {Promise<number>}
 */
export function run(program, args, { env = process.env, cwd = ROOT, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    /** @type {Buffer[]} */
    const kept = [];
    child.stdout?.on('data', (chunk) => kept.push(chunk));
    child.stderr?.on('data', (chunk) => kept.push(chunk));
    const stopPassing = passSignals(child);
    child.once('error', (error) => {
      stopPassing();
      reject(new Refusal(`${program} could not be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      stopPassing();
      if (quiet && code !== 0) process.stderr.write(Buffer.concat(kept));
      resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 1));
    });
  });
}

/**
 * Hands the signals that ask us to end to `child`, so that it can end in its own way and we with its code.
 * @param {import('node:child_process').ChildProcess} child
 */
function passSignals(child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const listeners = signals.map((signal) => {
    // A terminal sends Ctrl+C to the whole group: the child has it already, we only must not die before it.
    const listener = () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : void child.kill(signal));
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => listeners.forEach((stop) => stop());
}

/**
 * Runs a script's main function: its number becomes the exit code, a Refusal one line on the terminal.
 * @param {() => Promise<number | void>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (error instanceof Refusal) say(error.message);
    else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
}

/**
 * True when `moduleUrl` (import.meta.url) is the script that Node was started with.
 * @param {string} moduleUrl
 */
export function isEntry(moduleUrl) {
  return process.argv[1] !== undefined && fileURLToPath(moduleUrl) === process.argv[1];
}

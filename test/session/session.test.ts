// The session with real threads that talk, fall and do not listen (test/fixtures/workers). Its delays are cut to a twentieth.
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock, type Clock } from '../../main/base/clock.ts';
import type { Log } from '../../main/base/log.ts';
import type { EngineOptions } from '../../main/engine/engine-contract.ts';
import type { WorkerName } from '../../main/session/session-contract.ts';
import { Session } from '../../main/session/session.ts';

vi.setConfig({ testTimeout: 60_000 }); // threads start slowly on a busy machine

const hurried: Clock = {
  ...systemClock,
  setTimer: (delayMs, callback) => systemClock.setTimer(delayMs / 20, callback),
};
const ENGINE: EngineOptions = {
  dataDir: '/nowhere',
  bootstrap: [],
  bindHost: '127.0.0.1',
  port: 0,
  pace: 'balanced',
  isServing: false,
  localAddressesAllowed: false,
  startPaused: false,
};
const GIVEN_UP = /failed several times and was stopped\. What was stored is safe\. Restart Lanternfish\.$/;

type Fixture = 'talking' | 'falling' | 'deaf';

interface Running {
  readonly session: Session;
  /** What the workers said, in order. */
  readonly said: string[];
  readonly errors: string[];
}

const sessions: Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.stop();
});

function open(fixtures: Partial<Record<WorkerName, Fixture>> = {}, hasSearch = true, clock = hurried): Running {
  const said: string[] = [];
  const errors: string[] = [];
  const log: Log = {
    info: (message) => void said.push(message),
    warn: () => undefined,
    error: (message) => void errors.push(message),
  };
  const session = new Session({
    clock,
    log,
    workerPath: (name) =>
      path.join(import.meta.dirname, `../fixtures/workers/${fixtures[name] ?? 'talking'}-worker.mjs`),
    store: { databasePath: '/nowhere/catalogue.db', nativeBinding: null },
    hasSearch,
  });
  sessions.push(session);
  session.start();
  session.startEngine(ENGINE);
  return { session, said, errors };
}

async function until(isDone: () => boolean, what: () => unknown, limitMs = 15_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${JSON.stringify(what())}`);
    await pass(5);
  }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const count = (lines: readonly string[], line: string): number => lines.filter((other) => other === line).length;

const GREETINGS = [
  ['engine-worker', 'writer-worker'],
  ['writer-worker', 'engine-worker'],
  ['writer-worker', 'search-worker'],
  ['search-worker', 'writer-worker'],
].map(([from, to]) => `${to} heard hello from ${from}`);

/** Everybody has been joined to everybody at least so often. */
async function joined({ said }: Running, times: Partial<Record<string, number>> = {}): Promise<void> {
  const isJoined = (): boolean => GREETINGS.every((line) => count(said, line) >= (times[line] ?? 1));
  await until(isJoined, () => said);
}

describe('joining', () => {
  test('engine and writer, writer and search can talk; what they say is the status', async () => {
    const running = open();
    await joined(running);
    await until(
      () => running.session.status.engine?.state === 'running' && running.session.status.torrentCount === 7,
      () => running.session.status,
    );
    expect(running.session.status).toMatchObject({ problem: null, notice: null });
    expect(await running.session.search.suggest('lan')).toEqual(['lan']);
  });

  test('a writer that fell is started again and joined to both again', async () => {
    const running = open();
    await joined(running);
    running.session.setPace('fast');
    await joined(running, Object.fromEntries(GREETINGS.map((line) => [line, 2])));
    expect(running.errors).toEqual([
      expect.stringMatching(/^writer-worker fell: Error: writer-worker was told to fall/),
    ]);
    expect(count(running.said, 'writer-worker started')).toBe(2);
    expect(count(running.said, 'engine-worker started')).toBe(1);
    expect(running.session.status.problem).toBeNull();
  });

  test('an engine that fell is started again with the pace and the pause of now', async () => {
    const running = open();
    await joined(running);
    running.session.setPaused(true);
    running.session.setPace('gentle');
    running.session.setTrackers([{ host: 'tracker.example', port: 1 }]);
    running.session.networkChanged();
    await until(
      () => running.session.status.engine === null,
      () => running.session.status,
    );
    await until(
      () => running.session.status.engine !== null,
      () => running.session.status,
    );
    expect(running.session.status.engine).toMatchObject({ state: 'paused', pace: 'gentle' });
    expect(running.said).toContain('engine-worker was told set-trackers');
    expect(running.said).toContain('engine-worker may ask 1 trackers');
    await joined(running, { [GREETINGS[0]!]: 2, [GREETINGS[1]!]: 2 });
  });
});

describe('search questions', () => {
  test('are refused with a sentence when the search falls and while it is down, and answered when it is back', async () => {
    const running = open();
    await joined(running);
    const { search } = running.session;
    const waiting = search.suggest('wait');
    const fatal = search.suggest('fall');
    await expect(waiting).rejects.toThrow(/^The search was interrupted\. Try again\.$/);
    await expect(fatal).rejects.toThrow(/interrupted/);
    await expect(search.suggest('early')).rejects.toThrow(/^The search is not running at the moment\. Try again\.$/);
    await joined(running, { [GREETINGS[2]!]: 2, [GREETINGS[3]!]: 2 });
    expect(await search.suggest('late')).toEqual(['late']);
  });

  test('are refused in a session without search, and when the session ends', async () => {
    await expect(open({}, false).session.search.suggest('x')).rejects.toThrow(/not running/);
    const running = open();
    await joined(running);
    const waiting = expect(running.session.search.suggest('wait')).rejects.toThrow(/ended/);
    await running.session.stop();
    await waiting;
  });
});

describe('giving up', () => {
  test('a worker that falls again and again is started five times more, then a sentence says so', async () => {
    const running = open({ 'search-worker': 'falling' });
    let changeCount = 0;
    running.session.onStatus = () => changeCount++;
    await until(
      () => running.session.status.problem !== null,
      () => running.errors,
    );
    expect(running.session.status.problem).toMatch(/^The search failed/);
    expect(running.session.status.problem).toMatch(GIVEN_UP);
    expect(running.errors).toHaveLength(6);
    for (const error of running.errors) expect(error).toMatch(/^search-worker fell: Error: nothing works here/);
    expect(changeCount).toBeGreaterThan(0);
    await pass(1_000);
    expect(running.errors).toHaveLength(6);
    await expect(running.session.search.suggest('x')).rejects.toThrow(/not running/);
    // The others work on, and a writer that is well again does not make the sentence go away.
    running.session.setPace('fast');
    await until(
      () => count(running.said, 'writer-worker started') === 2,
      () => running.said,
    );
    await pass(100);
    expect(running.session.status.problem).toMatch(GIVEN_UP);
  });

  test.each([
    ['writer-worker', /^Storing failed/],
    ['engine-worker', /^Discovery failed/],
  ] as const)('%s has a sentence of its own', async (name, sentence) => {
    const running = open({ [name]: 'falling' });
    await until(
      () => running.session.status.problem !== null,
      () => running.errors,
    );
    expect(running.session.status.problem).toMatch(sentence);
    expect(running.session.status.engine === null).toBe(name === 'engine-worker');
  });
});

describe('stop', () => {
  test('ends the engine first, then writer and search, each asked once', async () => {
    const running = open();
    await joined(running);
    await running.session.stop();
    const stops = running.said.filter((line) => line.endsWith('was told stop'));
    expect(stops[0]).toBe('engine-worker was told stop');
    expect(stops.toSorted()).toEqual(
      ['engine-worker', 'search-worker', 'writer-worker'].map((name) => `${name} was told stop`),
    );
    expect(running.errors).toEqual([]);
  });

  test('ends threads that do not listen within its limit', async () => {
    const running = open({ 'engine-worker': 'deaf', 'writer-worker': 'deaf', 'search-worker': 'deaf' });
    await pass(300);
    const beganAtMs = performance.now();
    await running.session.stop();
    // Twice 4 s, cut to a twentieth; the rest is for a busy machine.
    expect(performance.now() - beganAtMs).toBeLessThan(3_000);
    expect(running.errors).toEqual([]);
  });

  test('while a fallen worker waits to be started again: it stays down', async () => {
    const running = open({}, true, systemClock);
    await joined(running);
    await expect(running.session.search.suggest('fall')).rejects.toThrow(/interrupted/);
    await running.session.stop();
    await pass(1_500); // it would have been started after half a second
    expect(count(running.said, 'search-worker started')).toBe(1);
    expect(running.errors).toHaveLength(1);
  });

  test('twice is as good as once', async () => {
    const running = open();
    await joined(running);
    await Promise.all([running.session.stop(), running.session.stop()]);
    await running.session.stop();
    expect(running.errors).toEqual([]);
  });
});

// The engine's thread over the life of a session, with threads that end when the test lets them.
import { describe, expect, test } from 'vitest';
import type { EngineOptions } from '../../main/engine/engine-contract.ts';
import { EngineThread } from '../../main/session/engine-thread.ts';

const options = (port: number): EngineOptions => ({ port }) as EngineOptions;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function rig() {
  const said: string[] = [];
  let end: () => void = () => undefined;
  const thread = new EngineThread({
    create: (current) => ({
      isRunning: true,
      start: () => said.push(`start ${current()?.port}`),
      post: () => true,
      stop: () => new Promise<void>((resolve) => (end = () => resolve(void said.push('stopped')))),
    }),
    stopLimitMs: 1,
    onRestart: () => said.push('restarts'),
  });
  return { thread, said, end: () => end() };
}

describe('the engine’s thread', () => {
  test('starts anew once, with the options that came last', async () => {
    const { thread, said, end } = rig();
    thread.start(options(1));
    const first = thread.restart(options(2));
    void thread.restart(options(3));
    await settled();
    end();
    await first;
    expect(said).toEqual(['start 1', 'stopped', 'restarts', 'start 3']);
  });

  test('is down while something is done without it, and comes back when that fails', async () => {
    const { thread, said, end } = rig();
    thread.start(options(1));
    const done = thread.without(() => {
      said.push('task');
      return Promise.reject(new Error('no'));
    });
    const next = thread.without(() => Promise.resolve(void said.push('next')));
    await settled();
    end();
    await expect(done).rejects.toThrow('no');
    await next;
    expect(said).toEqual(['start 1', 'stopped', 'task', 'next', 'restarts', 'start 1']);
  });

  test('stays down where it was never started, or was forgotten, or has ended', async () => {
    const { thread, said, end } = rig();
    await thread.without(() => Promise.resolve());
    await thread.restart(options(1));
    thread.start(options(2));
    const forgotten = thread.forget();
    end();
    await forgotten;
    await thread.restart(options(3));
    thread.start(options(4));
    const ended = thread.end();
    end();
    await ended;
    await thread.without(() => Promise.resolve(void said.push('task')));
    expect(said).toEqual(['start 2', 'stopped', 'restarts', 'start 4', 'stopped', 'task']);
  });
});

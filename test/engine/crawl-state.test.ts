import { describe, expect, it } from 'vitest';
import { crawlState, type CrawlFacts } from '../../main/engine/crawl-state.ts';

const running: CrawlFacts = {
  hasStarted: true,
  hasStopped: false,
  isPaused: false,
  failure: null,
  nodes: 12,
  hasHeardAnything: true,
  silentMs: 100,
  packetsOutDuringSilence: 3,
};

describe('crawlState', () => {
  it.each([
    ['running when nodes answer', {}, 'running'],
    ['joining until somebody answers', { hasHeardAnything: false, nodes: 0 }, 'joining'],
    ['starting before the socket is open', { hasStarted: false }, 'starting'],
    ['paused above all that goes on', { isPaused: true, silentMs: 1e6, packetsOutDuringSilence: 99 }, 'paused'],
    ['stopped at the end', { hasStopped: true, isPaused: true }, 'stopped'],
    ['failed above everything', { failure: 'The port is taken.', isPaused: true }, 'failed'],
    ['no-reply after 30 s of unanswered packets', { silentMs: 30_000, packetsOutDuringSilence: 5 }, 'no-reply'],
    [
      'running while quiet because there is nothing to ask',
      { silentMs: 90_000, packetsOutDuringSilence: 4 },
      'running',
    ],
    ['no-reply when no router can even be found', { nodes: 0, silentMs: 30_000, hasHeardAnything: false }, 'no-reply'],
    ['joining at 29.9 s of silence', { nodes: 0, silentMs: 29_900, hasHeardAnything: false }, 'joining'],
  ] as const)('%s', (_name, change, state) => {
    expect(crawlState({ ...running, ...change }).state).toBe(state);
  });

  it('names the offline demo when nobody replies, and the failure when there is one', () => {
    expect(crawlState({ ...running, silentMs: 31_000, packetsOutDuringSilence: 9 }).problem).toMatch(
      /31 s.*npm run demo/s,
    );
    expect(crawlState({ ...running, failure: 'The port is taken.' }).problem).toBe('The port is taken.');
    expect(crawlState(running).problem).toBeNull();
  });
});

// How often timers wake the engine's thread while there is nothing to do: what keeps a laptop from resting is not the
// work but the waking.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WAITING_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { simulationSeed } from '../simulation/simulated-nodes.ts';
import { DiscoveryRig, type Crawler } from './discovery-rig.ts';

const SECONDS = 60;
/** Goal: ten a second for everything; the status that is posted twice a second (engine-worker.ts) is not counted here. */
const IDLE_PER_SECOND_MAX = 8;
/** Addresses are looked at every two seconds, so that a resume finds the right one; nothing else. */
const PAUSED_PER_SECOND_MAX = 0.6;
const seed = simulationSeed(20_260_801);

let rig: DiscoveryRig;
beforeEach(async () => {
  rig = new DiscoveryRig(seed, 4);
  await rig.grow(100);
});
afterEach(() => rig.end());

async function wakeUpsPerSecond(crawler: Crawler): Promise<number> {
  const before = crawler.life.firedCount;
  await rig.advance(SECONDS * 1000, 1_000);
  return (crawler.life.firedCount - before) / SECONDS;
}

test(`a paused engine rests, and one that has nowhere to put torrents nearly does (SEED=${seed})`, async () => {
  const crawler = rig.crawler({ isServing: true });
  crawler.joinStore();
  await crawler.discovery.start();
  await rig.advanceUntil(() => crawler.store.torrents.length === 4, 5 * 60_000);
  crawler.store.sayWaiting(WAITING_TORRENTS_MAX);
  await rig.advance(60_000, 1_000);
  expect(await wakeUpsPerSecond(crawler)).toBeLessThanOrEqual(IDLE_PER_SECOND_MAX);
  crawler.discovery.pause();
  expect(await wakeUpsPerSecond(crawler)).toBeLessThanOrEqual(PAUSED_PER_SECOND_MAX);
});

// What tests of the scrape room stand on: its production parts, each with the neighbours that a test needs to play.
import type { Contact } from '../../main/base/contact.ts';
import { toHex } from '../../main/base/bytes.ts';
import { asInfohash, type Infohash } from '../../main/base/identifier.ts';
import { HASH_KEY_BYTES } from '../../main/base/keyed-hash.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { Cooldown } from '../../main/scrape/cooldown.ts';
import { KnownInfohashes, RecentInfohashes } from '../../main/scrape/infohash-filters.ts';
import { InfohashTriage } from '../../main/scrape/infohash-triage.ts';
import { NeedleTables } from '../../main/scrape/needle-tables.ts';
import { Referrers } from '../../main/scrape/referrers.ts';
import type { PeerStage } from '../../main/scrape/peer-stages.ts';
import { ScrapeLoop, type ScrapeOptions } from '../../main/scrape/scrape-loop.ts';
import { Counters } from '../../main/stats/counters.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { FakeDht, newNode, type SentQuery } from './fake-dht.ts';

/** A scrape loop over a DHT that the test plays. */
export function newScrape(options: ScrapeOptions = {}, clock = new SimulatedClock()) {
  const counters = new Counters();
  const random = createSeededRandom(7);
  const dht = new FakeDht(clock, random);
  const found: { infohash: Infohash; peers: Contact[]; stage: PeerStage }[] = [];
  const state = { wantsMore: true, stored: new Set<string>() };
  const loop = new ScrapeLoop(
    {
      clock,
      random,
      log: silentLog,
      counters,
      dht,
      onPeers: (infohash, peers, stage) => found.push({ infohash, peers, stage }),
      areKnown: (infohashes, onAnswer) =>
        clock.setTimer(5, () => onAnswer(infohashes.map((infohash) => state.stored.has(infohash.join())))),
      wantsMore: () => state.wantsMore,
    },
    { localAddressesAllowed: true, ...options },
  );
  const referrer = () => newNode();
  return { loop, clock, counters, dht, found, state, referrer };
}

export const hostsOf = (queries: SentQuery[]) => queries.map(({ contact }) => contact.host);
export const peer = { host: '40.0.0.1', port: 50_000 };

const random = createSeededRandom(5);
export const newInfohash = () => asInfohash(random.bytes(20));
export const key = new Uint8Array(HASH_KEY_BYTES);

/** A triage whose store answers when the test says so. */
export function newTriage() {
  const counters = new Counters();
  const found: Infohash[] = [];
  /** By hexadecimal infohash. */
  const sourcesOf = new Map<string, readonly string[]>();
  const questions: { infohashes: Infohash[]; answer: (isKnown: (boolean | 'resting')[]) => void }[] = [];
  const known = new KnownInfohashes(key, counters);
  const triage = new InfohashTriage<string>({
    counters,
    recent: new RecentInfohashes(key, 0),
    known,
    areKnown: (infohashes, answer) => questions.push({ infohashes, answer }),
    onNew: (infohash, sources) => {
      found.push(infohash);
      sourcesOf.set(toHex(infohash), sources);
    },
  });
  return { triage, counters, found, sourcesOf, questions, known };
}

const START = 1_700_000_000;

/** A cooldown and the wall clock it reads. */
export function newCooldown(seed = 1) {
  const clock = { now: START };
  return { clock, cooldown: new Cooldown(() => clock.now, createSeededRandom(seed)) };
}

export function newTables(needleCount = 16, seed = 3) {
  const clock = new SimulatedClock();
  const random = createSeededRandom(seed);
  const counters = new Counters();
  const referrers = new Referrers();
  const resting = new Set<string>();
  const tables = new NeedleTables({
    strategy: 'stratified-needles',
    clock,
    random,
    counters,
    referrers,
    needleCount,
    isOnePerSubnet: false,
    isResting: (host) => resting.has(host),
    isInMainTable: () => false,
  });
  return { tables, clock, random, counters, referrers, resting };
}

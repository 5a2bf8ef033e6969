// What the scraper needs, what may be set, and how it says that it is doing. Types only; scrape-loop.ts passes them on.
import type { Clock } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import type { HarvestFigures } from './harvest.ts';
import type { AskKnown } from './infohash-triage.ts';
import type { NeedleFigures } from './needle-tables.ts';
import type { PaceFigures } from './pace.ts';
import type { Pace } from './pace-profiles.ts';
import type { PeerStage } from './peer-stages.ts';
import type { ScrapeDht } from './scrape-dht.ts';
import type { ScrapeMemory } from './scrape-memory.ts';
import type { Strategy } from './strategy.ts';

export interface ScrapeDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
  readonly dht: ScrapeDht;
  readonly onPeers: (infohash: Infohash, peers: Contact[], stage: PeerStage) => void;
  readonly areKnown: AskKnown;
  /** A node sampled what is probably in the catalogue. */
  readonly onSighted?: (infohash: Infohash) => void;
  /** The metadata queue is below its high-water mark. */
  readonly wantsMore: () => boolean;
}

/** How the scraper is doing, for people who look. */
export interface ScrapeFigures extends HarvestFigures {
  readonly pace: PaceFigures;
  /** At most NEEDLES_MAX. */
  readonly needles: readonly NeedleFigures[];
  /** What the marks of the last 24 hours take. */
  readonly cooldownBytes: number;
}

export interface ScrapeOptions {
  /** Of the addresses of `dht`; default 4. */
  readonly family?: 4 | 6;
  /** The other family's, which then also saves and restores it. */
  readonly memory?: ScrapeMemory;
  readonly pace?: Pace;
  /** Default STRATEGY_DEFAULT. */
  readonly strategy?: Strategy;
  /** 1 to NEEDLES_MAX; the default depends on the strategy. */
  readonly needleCount?: number;
  /** Many nodes may share a subnet: tests and closed networks. */
  readonly localAddressesAllowed?: boolean;
}

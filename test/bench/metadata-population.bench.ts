// The metadata pipeline on a simulated population (issue: twice the success of the field's usual way, within a flow budget):
// the production fetcher, stages, retry ladder and transport policy; simulated are peers, time and what nodes say.
// `SEED=7 npm run bench -- metadata-population` replays.
import { Counters } from '../../main/stats/counters.ts';
import type { Contact } from '../../main/base/contact.ts';
import type { Infohash } from '../../main/base/identifier.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import { MetadataFetcher } from '../../main/metadata/metadata-fetcher.ts';
import { isFailureOfPeers, nextTryAt } from '../../main/metadata/retry-ladder.ts';
import { ALL_TRANSPORTS, TCP_ONLY } from '../../main/metadata/transport-policy.ts';
import type { SampleSource } from '../../main/scrape/get-peers-list.ts';
import { PeerStages } from '../../main/scrape/peer-stages.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { DEFAULT_SHARES, keyOf, OTHER_SHARES, Population, type Shares, type Swarm } from './metadata/population.ts';

export const name = 'metadata: a simulated population';

const INFOHASHES = Number(process.env['INFOHASHES'] ?? 1500);
const SEED = Number(process.env['SEED'] ?? 20261128);
const NEW_EVERY_MS = 250;
/** Whom a node names of a swarm; there are eight that store it. */
const NAMED_SHARE = 0.6;
/** Of the seven other nodes that store it, each is sampled by us within an hour. */
const SAMPLED_SHARE = 0.05;
const ROUND_TRIP_MS = 80;
const LOOKUP_MS = 3000;
const LOOKUP_QUERIES = 30;
const DAYS = 5;
/** Of a swarm's peers that are the same after a time: half are gone after some hours. */
const keptShare = (elapsedMs: number): number => 0.5 ** (elapsedMs / (6 * 3_600_000));

interface Way {
  readonly name: string;
  readonly isPlainTcp: boolean;
  readonly peersAtOnce: number;
  readonly hasLaterStages: boolean;
}

const WAYS: readonly Way[] = [
  { name: "the field's: sampling node, plain TCP, one peer at a time", isPlainTcp: true, peersAtOnce: 1, hasLaterStages: false }, // prettier-ignore
  { name: 'stage 1 alone', isPlainTcp: false, peersAtOnce: 2, hasLaterStages: false },
  { name: 'the whole ladder', isPlainTcp: false, peersAtOnce: 2, hasLaterStages: true },
];

interface Outcome {
  readonly success: number;
  readonly flowsPerStored: number;
  readonly bytesPerStored: number;
  readonly queriesPerStored: number;
  readonly byStage: Record<string, number>;
  readonly byTransport: Record<string, number>;
}

export function run(): Promise<string[]> {
  const lines = [`SEED=${SEED}, ${INFOHASHES} infohashes; goal of the whole ladder: 2x the success of the field's way at 1.5x its flows`]; // prettier-ignore
  for (const shares of [DEFAULT_SHARES, OTHER_SHARES]) lines.push(...report(shares));
  return Promise.resolve(lines);
}

function report(shares: Shares): string[] {
  const { dead, tcp, encryptedOnly, utpOnly, withoutMetadata } = shares;
  const share = [tcp, encryptedOnly, utpOnly, withoutMetadata].map((part) => Math.round(part * 100)).join('/');
  const lines = [
    `-- ${Math.round(dead * 100)}% dead; of the living ${share} plain TCP/encrypted only/uTP only/no metadata`,
  ];
  const outcomes = WAYS.map((way) => simulate(way, shares));
  const [base] = outcomes as [Outcome];
  WAYS.forEach((way, index) => {
    const outcome = outcomes[index]!;
    lines.push(
      `${way.name}: success ${percent(outcome.success)} (${(outcome.success / base.success).toFixed(2)}x), ` +
        `${outcome.flowsPerStored.toFixed(2)} flows per stored torrent (${(outcome.flowsPerStored / base.flowsPerStored).toFixed(2)}x), ` +
        `${(outcome.bytesPerStored / 1024).toFixed(1)} KiB per stored torrent, ${outcome.queriesPerStored.toFixed(1)} DHT queries`,
      `    by stage ${JSON.stringify(outcome.byStage)}, complete by transport ${JSON.stringify(outcome.byTransport)}`,
    );
  });
  return lines;
}

function simulate(way: Way, shares: Shares): Outcome {
  const random = createSeededRandom(SEED);
  const clock = new SimulatedClock();
  const population = new Population(clock, random, { count: INFOHASHES, shares });
  const crawl = new Crawl(way, population, clock, createSeededRandom(SEED + 1));
  population.swarms.forEach((swarm, index) => clock.setTimer(index * NEW_EVERY_MS, () => crawl.begin(swarm)));
  clock.advance(DAYS * 86_400_000);
  const { counters, queries } = crawl;
  const stored = counters.metadataFetched;
  const byTransport = Object.entries(counters.metadataByTransport.toObject())
    .filter(([key]) => key.endsWith(' complete'))
    .map(([key, count]) => [key.slice(0, -' complete'.length), count] as const);
  return {
    success: stored / INFOHASHES,
    flowsPerStored: population.flows / stored,
    bytesPerStored: population.bytes / stored,
    queriesPerStored: queries / stored,
    byStage: counters.metadataByStage.toObject(),
    byTransport: Object.fromEntries(byTransport),
  };
}

/** Plays the engine and the DHT around the production parts. */
class Crawl {
  readonly counters = new Counters();
  queries = 0;
  readonly #population: Population;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #way: Way;
  readonly #fetcher: MetadataFetcher;
  readonly #stages: PeerStages;
  readonly #swarms = new Map<string, { readonly swarm: Swarm; churnedAtMs: number }>();

  constructor(way: Way, population: Population, clock: SimulatedClock, random: Random) {
    this.#way = way;
    this.#population = population;
    this.#clock = clock;
    this.#random = random;
    const { counters } = this;
    this.#stages = new PeerStages({
      counters,
      askNode: (infohash) => this.#later(infohash, ROUND_TRIP_MS, 1, (swarm) => this.#named(swarm)),
      lookUp: (infohash) => this.#later(infohash, LOOKUP_MS, LOOKUP_QUERIES, (swarm) => swarm.peers),
      onPeers: (infohash, peers, stage) => this.#fetcher.offer(infohash, peers, stage),
    });
    this.#stages.onUnanswered = ({ infohash, failureCount, popularity }) => {
      const dueAt = nextTryAt(failureCount, clock.nowUnixSeconds());
      if (!way.hasLaterStages || dueAt === null) return;
      const delayMs = (dueAt - clock.nowUnixSeconds()) * 1000;
      clock.setTimer(delayMs, () => this.#stages.retry(infohash, { failureCount, popularity }));
    };
    this.#fetcher = new MetadataFetcher(
      { clock, random, counters, dial: population.dial, mayConnect: () => true },
      {
        connectionsMax: 400,
        newConnectionsPerSecond: 200,
        bindHost: '0.0.0.0',
        transports: way.isPlainTcp ? TCP_ONLY : ALL_TRANSPORTS,
        peersAtOnceMax: way.peersAtOnce,
      },
      {
        onFetched: ({ asked }) => this.#stages.settled(asked),
        onGivenUp: (infohash, reason) => {
          if (isFailureOfPeers(reason)) this.#stages.failed(infohash);
          else this.#stages.postpone(infohash);
        },
      },
    );
  }

  begin(swarm: Swarm): void {
    this.#swarms.set(keyOf(swarm.infohash), { swarm, churnedAtMs: this.#clock.nowMs() });
    this.#stages.begin(swarm.infohash, source('first'));
    if (!this.#way.hasLaterStages) return;
    for (let other = 0; other < 7; other++) {
      if (this.#random.fraction() >= SAMPLED_SHARE) continue;
      const delayMs = this.#random.below(3_600_000);
      this.#clock.setTimer(delayMs, () => this.#stages.sampledAgain(swarm.infohash, source(`other ${other}`)));
    }
  }

  #later(infohash: Infohash, delayMs: number, queries: number, peersOf: (swarm: Swarm) => Contact[]): boolean {
    this.queries += queries;
    this.#clock.setTimer(delayMs, () => {
      const known = this.#swarms.get(keyOf(infohash))!;
      this.#population.churn(known.swarm, keptShare(this.#clock.nowMs() - known.churnedAtMs));
      known.churnedAtMs = this.#clock.nowMs();
      const peers = peersOf(known.swarm);
      if (peers.length > 0) this.#stages.found(infohash, peers);
      else this.#stages.nothing(infohash);
    });
    return true;
  }

  /** At least one: the node sampled it because it stores a peer for it. */
  #named(swarm: Swarm): Contact[] {
    const named = swarm.peers.filter(() => this.#random.fraction() < NAMED_SHARE);
    if (named.length > 0 || swarm.peers.length === 0) return named;
    return [swarm.peers[this.#random.below(swarm.peers.length)]!];
  }
}

function source(host: string): SampleSource {
  return { node: { contact: { host, port: 1 } } } as unknown as SampleSource;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

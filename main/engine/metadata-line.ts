// From peers to the store: the fetcher, the pace of its connections, and what becomes of an infohash whose peers failed:
// the scraper's next stage, or a rung of the retry ladder that the store keeps. Owned by discovery.ts.
import { toKey } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { asInfohash, IDENTIFIER_BYTES, type Infohash } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { RetryEntry } from '../catalogue/torrent.ts';
import type { ConnectionLimits } from '../metadata/dial-limits.ts';
import type { GivenUpReason } from '../metadata/failures.ts';
import type { DialPeer } from '../metadata/transports/peer-connection.ts';
import { MetadataFetcher, type FetchedTorrent } from '../metadata/metadata-fetcher.ts';
import { isFailureOfPeers, nextTryAt } from '../metadata/retry-ladder.ts';
import { type FlowTotals, TcpPace } from '../metadata/tcp-pace.ts';
import { type Pace, profileOf } from '../scrape/pace-profiles.ts';
import type { PeerStage, PeerStages, Unanswered } from '../scrape/peer-stages.ts';
import type { Counters } from '../stats/counters.ts';
import { Sightings } from './sightings.ts';
import type { RetryDue, StoreLink } from './store-link.ts';

const TICK_MS = 1000;
/** Failures told to the store in one message; the others go with the next tick. */
const ENTRIES_PER_MESSAGE_MAX = 100;
/** What is due is asked for this often, and this much of it: each entry is a lookup, and one begins every 5 s. */
const ASK_DUE_EVERY_MS = 15_000;
const DUE_AT_ONCE_MAX = 6;
/** Blocked at once by the person at most; the store refuses what comes all the same. */
const BLOCKED_REMEMBERED_MAX = 10_000;

export interface MetadataLineDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly dial: DialPeer;
  readonly mayConnect: (contact: Contact) => boolean;
  readonly store: StoreLink;
}

export interface MetadataLineOptions {
  readonly pace: Pace;
  readonly bindHost: string;
  readonly bindHost6?: string;
  readonly localAddressesAllowed: boolean;
}

/** What the line needs of the scraper, which comes later than it. */
export interface PeerSearch {
  readonly stages: PeerStages;
  readonly lookupsWaiting: number;
}

export class MetadataLine {
  readonly fetcher: MetadataFetcher;
  /** How often what is stored is sampled. */
  readonly sightings: Sightings;
  /** Entries of the ladder that are due, but not for metadata. */
  onHealthDue: (entries: readonly RetryEntry[]) => void = () => undefined;
  /** A torrent is on its way to the store. */
  onStored: (infohash: Infohash) => void = () => undefined;
  readonly #dependencies: MetadataLineDependencies;
  readonly #pace: TcpPace;
  readonly #failed = new Map<string, RetryEntry>();
  readonly #removed = new Map<string, Infohash>();
  /** One for each family of addresses; an infohash is known to the one that met it. The first one is asked to look again. */
  readonly #searches: PeerSearch[] = [];
  /** Blocked lately: what was under way for them may still bring peers. */
  readonly #blocked = new Set<string>();
  #ticking: Timer | null = null;
  #askedAtMs = -Infinity;
  #evictedCount = 0;

  constructor(dependencies: MetadataLineDependencies, options: MetadataLineOptions) {
    const { clock, store } = dependencies;
    this.#dependencies = dependencies;
    this.sightings = new Sightings(dependencies);
    this.#pace = new TcpPace(ceilingOf(options.pace), clock.nowMs(), options.localAddressesAllowed);
    this.fetcher = new MetadataFetcher(
      dependencies,
      { ...this.#pace.limits(clock.nowMs()), bindHost: options.bindHost, bindHost6: options.bindHost6 },
      {
        onFetched: (fetched) => this.#fetched(fetched),
        onGivenUp: (infohash, reason) => this.#gaveUp(infohash, reason),
      },
    );
    store.onRetryDue = (due) => this.#takeDue(due);
    store.onBlocked = (infohashes) => this.#block(infohashes);
  }

  /** Joins the scraper's stages: from now on they are told what came of the peers that they named. */
  join(search: PeerSearch): void {
    this.#searches.push(search);
    search.stages.onUnanswered = (unanswered) => this.#unanswered(unanswered);
  }

  offer(infohash: Infohash, peers: readonly Contact[], stage: PeerStage): void {
    if (this.#blocked.has(toKey(infohash))) return this.#dependencies.counters.dropped.count('metadata-blocked');
    this.fetcher.offer(infohash, peers, stage);
  }

  setPace(pace: Pace): void {
    this.#pace.setCeiling(ceilingOf(pace));
    this.fetcher.setLimits(this.#pace.limits(this.#dependencies.clock.nowMs()));
  }

  /** Closes every connection now and keeps the queue. */
  pause(): void {
    this.fetcher.pause();
    this.#ticking?.cancel();
    this.#ticking = null;
    this.#tell();
  }

  resume(): void {
    const { clock } = this.#dependencies;
    this.#pace.forgetPast(clock.nowMs());
    this.fetcher.resume();
    this.#ticking ??= clock.setRepeating(TICK_MS, () => this.#tick());
  }

  /** For good. What the store should know is told to it. */
  async stop(): Promise<void> {
    this.#ticking?.cancel();
    this.#ticking = null;
    await this.fetcher.stop();
    this.#tell();
    this.sightings.tell();
  }

  checkInvariants(): void {
    this.fetcher.checkInvariants();
    this.#pace.checkInvariants();
  }

  #tick(): void {
    const { clock, counters, store } = this.#dependencies;
    const nowMs = clock.nowMs();
    if (this.#pace.tick(nowMs, tcpFlows(counters))) {
      this.fetcher.setLimits(this.#pace.limits(nowMs));
    }
    this.#tell();
    const hasSearched = this.#searches.length > 0 && this.#searches.every(({ lookupsWaiting }) => lookupsWaiting === 0);
    const isIdle = hasSearched && this.fetcher.wantsMore();
    if (!isIdle || !store.hasRoom || nowMs - this.#askedAtMs < ASK_DUE_EVERY_MS) return;
    this.#askedAtMs = nowMs;
    store.send({ type: 'retry-take', limit: DUE_AT_ONCE_MAX });
  }

  #fetched({ asked, infohashV1, infohashV2, info, peersSeen }: FetchedTorrent): void {
    const { clock, store } = this.#dependencies;
    const { name, files, fileCount, sizeBytes, isPrivate } = info;
    for (const { stages } of this.#searches) stages.settled(asked);
    const discoveredAtUnixSeconds = clock.nowUnixSeconds();
    const facts = { name, files, fileCount, sizeBytes, isPrivate, peersSeen, discoveredAtUnixSeconds };
    store.store({ infohashV1, infohashV2, ...facts });
    this.onStored(asked);
  }

  #gaveUp(infohash: Infohash, reason: GivenUpReason): void {
    if (reason === 'invalid') this.#dependencies.store.send({ type: 'invalid', infohashes: infohash });
    for (const { stages } of this.#searches) {
      if (reason === 'invalid' || reason === 'duplicate') stages.settled(infohash);
      else if (isFailureOfPeers(reason)) stages.failed(infohash);
      else stages.postpone(infohash);
    }
  }

  #block(packedInfohashes: Uint8Array): void {
    for (let at = 0; at + IDENTIFIER_BYTES <= packedInfohashes.length; at += IDENTIFIER_BYTES) {
      const infohash = asInfohash(packedInfohashes.slice(at, at + IDENTIFIER_BYTES));
      const key = toKey(infohash);
      this.#blocked.add(key);
      this.#failed.delete(key);
      this.fetcher.cancel(infohash);
      for (const { stages } of this.#searches) stages.settled(infohash);
    }
    for (const key of this.#blocked) {
      if (this.#blocked.size <= BLOCKED_REMEMBERED_MAX) break;
      this.#blocked.delete(key);
    }
  }

  #unanswered({ infohash, failureCount, popularity }: Unanswered): void {
    const { clock, counters } = this.#dependencies;
    const dueAtUnixSeconds = nextTryAt(failureCount, clock.nowUnixSeconds());
    const own = asInfohash(infohash.slice());
    const key = toKey(own);
    if (dueAtUnixSeconds === null) {
      counters.dropped.count('retries-ended');
      this.#failed.delete(key);
      this.#removed.set(key, own);
    } else {
      this.#failed.set(key, { infohash: own, purpose: 'metadata', failureCount, popularity, dueAtUnixSeconds });
    }
    if (this.#failed.size + this.#removed.size >= ENTRIES_PER_MESSAGE_MAX) this.#tell();
  }

  #tell(): void {
    const { store } = this.#dependencies;
    if (this.#failed.size > 0) store.send({ type: 'retry-add', entries: [...this.#failed.values()] });
    if (this.#removed.size > 0) store.send({ type: 'retry-remove', infohashes: packed([...this.#removed.values()]) });
    this.#failed.clear();
    this.#removed.clear();
  }

  /** What finds no room is due again in an hour: the store has lent it, not given it. */
  #takeDue({ entries, evictedCount }: RetryDue): void {
    const { counters } = this.#dependencies;
    for (; this.#evictedCount < evictedCount; this.#evictedCount++) counters.overflows.count('retry-ladder');
    for (const { infohash, purpose, failureCount, popularity } of entries) {
      if (purpose !== 'metadata') continue;
      this.#searches[0]?.stages.retry(asInfohash(infohash), { failureCount, popularity });
    }
    const health = entries.filter(({ purpose }) => purpose === 'health');
    if (health.length > 0) this.onHealthDue(health);
  }
}

/** TCP connections that have ended, and those of them that nobody ever answered (counted as `tcp connect-timeout`). */
function tcpFlows(counters: Counters): FlowTotals {
  let [dialled, unanswered] = [0, 0];
  for (const [key, count] of Object.entries(counters.metadataByTransport.toObject())) {
    if (!key.startsWith('tcp ') && !key.startsWith('mse ')) continue;
    dialled += count;
    if (key.endsWith(' connect-timeout') || key.endsWith(' unreachable')) unanswered += count;
  }
  return { dialled, unanswered };
}

function ceilingOf(pace: Pace): ConnectionLimits {
  const { tcpOpenMax, tcpNewPerSecond } = profileOf(pace);
  return { connectionsMax: tcpOpenMax, newConnectionsPerSecond: tcpNewPerSecond };
}

function packed(infohashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(infohashes.length * IDENTIFIER_BYTES);
  infohashes.forEach((infohash, index) => bytes.set(infohash, index * IDENTIFIER_BYTES));
  return bytes;
}

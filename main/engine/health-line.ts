// From "these rows are on screen" to what is known of who has them: the health checks, the trackers that the person turned
// on, the rungs of the ladder for what nobody has, and the store that keeps it all. Owned by discovery.ts.
import type { Timer } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { HealthReport, RetryEntry } from '../catalogue/torrent.ts';
import type { DhtDependencies } from '../dht/dht-contract.ts';
import { HealthChecker, type SwarmScraper } from '../health/health-checker.ts';
import { Trackers, type TrackersOptions } from '../health/trackers.ts';
import { nextTryAt } from '../metadata/retry-ladder.ts';
import { CHECK_INFOHASHES_MAX } from './engine-contract.ts';
import type { StoreLink } from './store-link.ts';

/** Reports are told together: a tracker answers for 72 torrents at once. */
const TELL_AFTER_MS = 250;
const REPORTS_PER_MESSAGE_MAX = 200;
/** Torrents that have just been stored are asked about together; one datagram holds so many. */
const STORED_AT_ONCE = 72;
const STORED_AFTER_MS = 30_000;
/** On the ladder, below every infohash that has no metadata yet and was sampled by several. */
const POPULARITY = 1;

export interface HealthLineDependencies extends DhtDependencies {
  readonly mayConnect: (contact: Contact) => boolean;
  readonly store: Pick<StoreLink, 'send'>;
}

export class HealthLine {
  /** For whoever shows the rows; the store has been told already. */
  onReports: (reports: readonly HealthReport[]) => void = () => undefined;
  readonly #dependencies: HealthLineDependencies;
  readonly #checker: HealthChecker;
  readonly #trackers: Trackers;
  /** What is on screen now: trackers that are turned on later are asked about it at once. */
  #onScreen: readonly Uint8Array[] = [];
  #isPaused = false;
  #reports: HealthReport[] = [];
  #telling: Timer | null = null;
  #stored: Uint8Array[] = [];
  #asking: Timer | null = null;

  constructor(dependencies: HealthLineDependencies, options: TrackersOptions) {
    const { clock, counters, store } = dependencies;
    this.#dependencies = dependencies;
    this.#trackers = new Trackers(
      { ...dependencies, onCount: (infohash, count) => this.#checker.counted(infohash, count) },
      options,
    );
    this.#checker = new HealthChecker({
      clock,
      counters,
      askTrackers: (infohashes) => void this.#trackers.ask(infohashes),
      onReport: (report) => this.#report(report),
      onUnseen: (infohash, failureCount) => this.#unseen(infohash, failureCount),
      onSeen: (infohash) => store.send({ type: 'alive', infohashes: infohash }),
    });
  }

  join(node: SwarmScraper): void {
    this.#checker.join(node);
  }

  /** `infohashes`: n x 20 bytes packed, what is on screen now; a stray rest is left out. */
  check(infohashes: Uint8Array): void {
    const asked: Uint8Array[] = [];
    const endAt = Math.min(infohashes.length, CHECK_INFOHASHES_MAX * IDENTIFIER_BYTES);
    for (let at = 0; at + IDENTIFIER_BYTES <= endAt; at += IDENTIFIER_BYTES) {
      asked.push(infohashes.slice(at, at + IDENTIFIER_BYTES));
    }
    this.#onScreen = asked;
    this.#checker.check(asked);
  }

  /** A torrent has been fetched: trackers, if any is on, are asked who has it, when it lies in the catalogue. */
  stored(infohash: Uint8Array): void {
    if (!this.#trackers.isOn || this.#isPaused) return;
    this.#stored.push(infohash);
    if (this.#stored.length >= STORED_AT_ONCE) this.#askAboutStored();
    else this.#asking ??= this.#dependencies.clock.setTimer(STORED_AFTER_MS, () => this.#askAboutStored());
  }

  /** Turns trackers on (others instead of those before) or, with none, off; what is on screen is asked about at once. */
  async setTrackers(trackers: TrackersOptions['trackers']): Promise<void> {
    await this.#trackers.set(trackers);
    if (!this.#isPaused) await this.#trackers.ask(this.#onScreen);
  }

  /** Entries of the retry ladder whose time has come. */
  recheck(entries: readonly RetryEntry[]): void {
    for (const { infohash, failureCount } of entries) this.#checker.recheck(infohash, failureCount);
  }

  /** To be called before the node is paused: what ends then says nothing. */
  pause(): void {
    this.#isPaused = true;
    this.#checker.pause();
    this.#forgetStored();
    void this.#trackers.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#checker.resume();
  }

  async stop(): Promise<void> {
    this.#checker.pause();
    this.#forgetStored();
    await this.#trackers.stop();
    this.#tell();
  }

  checkInvariants(): void {
    this.#checker.checkInvariants();
    this.#trackers.checkInvariants();
  }

  #askAboutStored(): void {
    const infohashes = this.#stored;
    this.#forgetStored();
    void this.#trackers.ask(infohashes);
  }

  #forgetStored(): void {
    this.#asking?.cancel();
    this.#asking = null;
    this.#stored = [];
  }

  #report(report: HealthReport): void {
    this.#reports.push(report);
    if (this.#reports.length >= REPORTS_PER_MESSAGE_MAX) this.#tell();
    else this.#telling ??= this.#dependencies.clock.setTimer(TELL_AFTER_MS, () => this.#tell());
  }

  #tell(): void {
    this.#telling?.cancel();
    this.#telling = null;
    if (this.#reports.length === 0) return;
    const reports = this.#reports.splice(0);
    this.#dependencies.store.send({ type: 'health', reports });
    this.onReports(reports);
  }

  #unseen(infohash: Uint8Array, failureCount: number): void {
    const { clock, counters, store } = this.#dependencies;
    const dueAtUnixSeconds = nextTryAt(failureCount, clock.nowUnixSeconds());
    if (dueAtUnixSeconds === null) {
      counters.torrentsDead++;
      return store.send({ type: 'dead', infohashes: infohash });
    }
    const entry = { infohash, purpose: 'health', failureCount, popularity: POPULARITY, dueAtUnixSeconds } as const;
    store.send({ type: 'retry-add', entries: [entry] });
  }
}

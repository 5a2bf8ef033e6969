// What happens to each infohash that a node sampled to us. Outcomes, in the order they are tried:
//   1. full       the queue is full: forgotten, so that it may come again (sampling stops long before, see isBusy)
//   2. repeated   met in the last 12 to 24 hours; while the first meeting is still in here, its source joins that one
//   3. known      stored or proven invalid, says the filter; a few of these are confirmed when a batch has room
//   4. queued     the store is asked, 500 at a time or what came in 250 ms
//      4a. known to the store    remembered in the filter, done
//      4b. resting               tried not long ago: the store gives it its next turn
//      4c. new                   handed on with all its sources: they are asked for peers
// `Source` is whatever the caller wants back with a new infohash (the node that gave it).
import { assert } from '../base/assert.ts';
import { BoundedQueue } from '../base/bounded-queue.ts';
import { toKey } from '../base/bytes.ts';
import { asInfohash, type Infohash } from '../base/identifier.ts';
import type { Counters } from '../stats/counters.ts';
import type { InfohashList } from '../wire/infohash-list.ts';
import type { KnownInfohashes, RecentInfohashes } from './infohash-filters.ts';

export const TRIAGE_WAITING_MAX = 10_000;
const HIGH_WATER = TRIAGE_WAITING_MAX * 0.8;
const LOW_WATER = TRIAGE_WAITING_MAX * 0.5;
export const BATCH_MAX = 500;
export const BATCH_WAIT_MS = 250;
/** The store answers in milliseconds; two questions under way keep it busy without piling up. */
const BATCHES_IN_FLIGHT_MAX = 2;
/** A store that restarted forgets our question: ask again. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Hits of the `known` filter waiting to be confirmed, and how many ride along in one batch. */
const DOUBTS_MAX = 256;
const DOUBTS_PER_BATCH = 32;
/** Of one infohash: more than are asked for its peers would be of no use. */
const SOURCES_MAX = 5;

export type TriageOutcome = 'full' | 'repeated' | 'known' | 'queued';
/** `resting`: tried not long ago, and its next turn is not ours to give. */
type Known = boolean | 'resting';
export type AskKnown = (infohashes: Infohash[], onAnswer: (isKnown: Known[]) => void) => void;

interface Waiting<Source> {
  readonly infohash: Infohash;
  /** The first that sampled it first; never empty. */
  readonly sources: Source[];
  /** The filter of the known has it; the catalogue is asked whether that is so. */
  readonly isDoubt: boolean;
}

interface Batch<Source> {
  readonly entries: Waiting<Source>[];
  readonly askedAtMs: number;
}

export interface TriageOptions<Source> {
  readonly counters: Counters;
  readonly recent: RecentInfohashes;
  readonly known: KnownInfohashes;
  readonly areKnown: AskKnown;
  /** `sources`: who sampled it so far, the first one first; at least one. */
  readonly onNew: (infohash: Infohash, sources: readonly Source[]) => void;
}

export class InfohashTriage<Source> {
  readonly #options: TriageOptions<Source>;
  readonly #waiting = new BoundedQueue<Waiting<Source>>(TRIAGE_WAITING_MAX);
  readonly #doubts = new BoundedQueue<Waiting<Source>>(DOUBTS_MAX);
  readonly #inFlight = new Set<Batch<Source>>();
  /** What is queued or asked about, by infohash. */
  readonly #byInfohash = new Map<string, Waiting<Source>>();
  #inFlightCount = 0;
  #oldestAtMs = 0;
  #isBusy = false;

  constructor(options: TriageOptions<Source>) {
    this.#options = options;
  }

  /** The infohashes of this sample are offered next: then it costs less to look each up. */
  lookAhead(samples: InfohashList): void {
    this.#options.recent.lookAhead(samples);
  }

  /** `infohash` is copied if it is kept; `ahead` is its number in the sample that was looked at ahead, if it is of it. */
  offer(infohash: Infohash, source: Source, nowMs: number, ahead: number | null = null): TriageOutcome {
    const { counters, recent, known } = this.#options;
    if (this.count >= TRIAGE_WAITING_MAX) {
      counters.overflows.count('triage');
      return 'full';
    }
    if (!(ahead === null ? recent.insert(infohash, nowMs) : recent.insertAhead(ahead, nowMs))) {
      counters.infohashesRepeated++;
      const waiting = this.#byInfohash.get(toKey(infohash));
      if (waiting !== undefined && waiting.sources.length < SOURCES_MAX) waiting.sources.push(source);
      return 'repeated';
    }
    if (known.has(infohash)) {
      counters.infohashesKnown++;
      this.#doubts.offer({ infohash: asInfohash(infohash.slice()), sources: [source], isDoubt: true });
      return 'known';
    }
    if (this.#waiting.size === 0) this.#oldestAtMs = nowMs;
    const waiting = { infohash: asInfohash(infohash.slice()), sources: [source], isDoubt: false };
    this.#waiting.offer(waiting);
    this.#byInfohash.set(toKey(infohash), waiting);
    return 'queued';
  }

  /** Asks the store when a batch is due. To be called every tick. */
  tick(nowMs: number): void {
    for (const batch of this.#inFlight) if (nowMs - batch.askedAtMs >= ANSWER_TIMEOUT_MS) this.#askAgain(batch, nowMs);
    while (this.#inFlight.size < BATCHES_IN_FLIGHT_MAX && this.#isBatchDue(nowMs)) this.#ask(nowMs);
  }

  /** Infohashes waiting for a question or for its answer. */
  get count(): number {
    return this.#waiting.size + this.#inFlightCount;
  }

  /** Water-marks: true from 80% full until it is down to 50%; nobody should be sampled meanwhile. */
  get isBusy(): boolean {
    if (this.count >= HIGH_WATER) this.#isBusy = true;
    else if (this.count <= LOW_WATER) this.#isBusy = false;
    return this.#isBusy;
  }

  checkInvariants(): void {
    let inFlightCount = 0;
    for (const batch of this.#inFlight) inFlightCount += batch.entries.length;
    assert(inFlightCount === this.#inFlightCount, 'infohashes in flight are miscounted');
    assert(this.#inFlight.size <= BATCHES_IN_FLIGHT_MAX, 'too many questions to the store at once');
    assert(this.count <= TRIAGE_WAITING_MAX + BATCHES_IN_FLIGHT_MAX * DOUBTS_PER_BATCH, 'triage is above its limit');
    assert(this.#byInfohash.size <= this.count, 'an infohash is found that is not in here');
    this.#waiting.checkInvariants();
    this.#doubts.checkInvariants();
  }

  #isBatchDue(nowMs: number): boolean {
    if (this.#waiting.size === 0) return false;
    return this.#waiting.size >= BATCH_MAX || nowMs - this.#oldestAtMs >= BATCH_WAIT_MS;
  }

  #ask(nowMs: number): void {
    const entries: Waiting<Source>[] = [];
    for (let entry; entries.length < BATCH_MAX && (entry = this.#waiting.shift());) entries.push(entry);
    const room = Math.min(DOUBTS_PER_BATCH, BATCH_MAX - entries.length);
    for (let entry, taken = 0; taken < room && (entry = this.#doubts.shift()); taken++) entries.push(entry);
    this.#oldestAtMs = nowMs;
    this.#send({ entries, askedAtMs: nowMs });
  }

  #askAgain(batch: Batch<Source>, nowMs: number): void {
    this.#close(batch);
    this.#options.counters.dropped.count('store-silent');
    this.#send({ entries: batch.entries, askedAtMs: nowMs });
  }

  #send(batch: Batch<Source>): void {
    this.#inFlight.add(batch);
    this.#inFlightCount += batch.entries.length;
    const infohashes = batch.entries.map((entry) => entry.infohash);
    this.#options.areKnown(infohashes, (isKnown) => this.#answered(batch, isKnown));
  }

  #answered(batch: Batch<Source>, isKnown: Known[]): void {
    if (!this.#inFlight.has(batch)) return; // answered twice, or too late: it was asked again
    this.#close(batch);
    batch.entries.forEach((entry, index) => this.#judge(entry, isKnown[index] ?? false));
  }

  #judge(entry: Waiting<Source>, isKnown: Known): void {
    const { counters, known, onNew } = this.#options;
    const { infohash, sources } = entry;
    const key = toKey(infohash);
    if (this.#byInfohash.get(key) === entry) this.#byInfohash.delete(key);
    if (isKnown === 'resting') return;
    if (!isKnown) {
      // A hit of the filter that was none: not known after all.
      if (entry.isDoubt) counters.infohashesKnown--;
      return onNew(infohash, sources);
    }
    if (!entry.isDoubt) counters.infohashesKnown++;
    known.add(infohash);
  }

  #close(batch: Batch<Source>): void {
    this.#inFlight.delete(batch);
    this.#inFlightCount -= batch.entries.length;
  }
}

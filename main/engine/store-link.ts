// The engine's side of the catalogue: torrents go out, questions come back answered, and a store that is slow or being
// restarted makes the engine wait instead of losing or piling up.
import type { Counters } from '../stats/counters.ts';
import type { Port } from '../base/port.ts';
import type { Infohash } from '../base/identifier.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Torrent } from '../catalogue/torrent.ts';
import {
  IS_KNOWN,
  IS_NEW,
  WAITING_TORRENTS_MAX,
  type EngineToWriter,
  type WriterToEngine,
} from '../store/store-contract.ts';

/** protocol.md R13: the seen-infohash filter is filled from the latest million at start. */
const WARM_UP_INFOHASHES = 1_000_000;
/** Questions in flight; above it the oldest is answered with 'resting': who asked it has asked again by then. */
const OPEN_QUESTIONS_MAX = 64;

/** True: stored or proved invalid. `resting`: tried not long ago, it waits on the retry ladder. */
export type Known = boolean | 'resting';
type Answer = (isKnown: Known[]) => void;
type RetryMessage = Extract<
  EngineToWriter,
  { type: 'retry-add' | 'retry-remove' | 'retry-take' | 'invalid' | 'health' | 'alive' | 'dead' | 'sightings' }
>;
export type RetryDue = Extract<WriterToEngine, { type: 'retry-due' }>;

export class StoreLink {
  readonly #counters: Counters;
  readonly #onWarmUp: (infohashes: Uint8Array) => void;
  readonly #questions = new Map<number, { readonly infohashes: Uint8Array; readonly answer: Answer }>();
  #port: Port<WriterToEngine, EngineToWriter> | null = null;
  /** Torrents fetched while no store was joined. */
  #kept: Torrent[] = [];
  #waitingCount = 0;
  #storedCount = 0;
  #hadRoom = true;
  #nextQuestionId = 1;

  /** Called after `hasRoom` has changed. */
  onRoomChanged: () => void = () => undefined;
  /** Packed infohashes that are not to be fetched any more. */
  onBlocked: (infohashes: Uint8Array) => void = () => undefined;
  /** The answer to `retry-take`. */
  onRetryDue: (due: RetryDue) => void = () => undefined;

  /** `onWarmUp` is handed packed infohashes (n x 20 bytes) that the catalogue already has. */
  constructor(counters: Counters, onWarmUp: (infohashes: Uint8Array) => void) {
    this.#counters = counters;
    this.#onWarmUp = onWarmUp;
  }

  /** Joins a store, the first or one started again: what was kept is sent, what was asked is asked of it. */
  connect(port: Port<WriterToEngine, EngineToWriter>): void {
    this.#port?.close();
    this.#port = port;
    port.on((message) => {
      if (this.#port === port) this.#receive(message);
    });
    port.post({ type: 'warm-up', limit: WARM_UP_INFOHASHES });
    for (const [questionId, { infohashes }] of this.#questions)
      port.post({ type: 'are-known', questionId, infohashes });
    if (this.#kept.length > 0) port.post({ type: 'store', torrents: this.#kept });
    this.#waitingCount = this.#kept.length; // until the store says how many wait
    this.#kept = [];
    this.#noteRoom();
  }

  /**
   * The store behind `port` is gone: from now on torrents are kept. Those of its last uncommitted batch (200 ms) are not
   * sent again: one of them may be what it fell over, and it would fall over it again and again.
   */
  disconnect(port: Port<WriterToEngine, EngineToWriter>): void {
    if (this.#port !== port) return;
    port.close();
    this.#port = null;
    this.#waitingCount = 0;
    this.#noteRoom();
  }

  /** Torrents on their way to the store or waiting in it. */
  get waitingCount(): number {
    return this.#waitingCount + this.#kept.length;
  }

  /** False: the store has as many torrents waiting as it should, fetch no more for now. */
  get hasRoom(): boolean {
    return this.waitingCount < WAITING_TORRENTS_MAX;
  }

  /** Torrents that the store has committed, in all. */
  get storedCount(): number {
    return this.#storedCount;
  }

  store(torrent: Torrent): void {
    if (this.#port) {
      this.#waitingCount++;
      this.#port.post({ type: 'store', torrents: [torrent] });
    } else if (this.#kept.length < WAITING_TORRENTS_MAX) {
      this.#kept.push(torrent);
    } else {
      this.#counters.overflows.count('torrents-without-store');
      return;
    }
    // From now on known, so that it is not fetched again and its sightings are counted.
    for (const infohash of [torrent.infohashV1, torrent.infohashV2]) {
      if (infohash !== null) this.#onWarmUp(infohash.slice(0, IDENTIFIER_BYTES));
    }
    this.#noteRoom();
  }

  /**
   * Asks whether the catalogue has each infohash; `answer` is called once, later, in the same order. While no store is joined
   * the question waits: nobody knows what is stored or blocked, and what is not asked for twice is not fetched twice.
   */
  areKnown(infohashes: readonly Infohash[], answer: Answer): void {
    const packed = new Uint8Array(infohashes.length * IDENTIFIER_BYTES);
    infohashes.forEach((infohash, index) => {
      packed.set(infohash, index * IDENTIFIER_BYTES);
    });
    const questionId = this.#nextQuestionId++;
    this.#questions.set(questionId, { infohashes: packed, answer });
    if (this.#questions.size > OPEN_QUESTIONS_MAX) this.#giveUpOldest();
    this.#port?.post({ type: 'are-known', questionId, infohashes: packed });
  }

  /** What the pipeline has learnt. Without a store it is forgotten: it is found again by sampling. */
  send(message: RetryMessage): void {
    if (this.#port) this.#port.post(message);
    else this.#counters.overflows.count('retries-without-store');
  }

  close(): void {
    this.#port?.close();
    this.#port = null;
    this.#questions.clear();
  }

  #receive(message: WriterToEngine): void {
    switch (message.type) {
      case 'known': {
        const question = this.#questions.get(message.questionId);
        this.#questions.delete(message.questionId);
        question?.answer(Array.from(message.isKnown, readFlag));
        break;
      }
      case 'warm-up':
        this.#onWarmUp(message.infohashes);
        break;
      case 'blocked':
        this.#onWarmUp(message.infohashes);
        this.onBlocked(message.infohashes);
        break;
      case 'retry-due':
        this.onRetryDue(message);
        break;
      case 'stored':
        this.#storedCount += message.storedCount;
        this.#waitingCount = message.waitingCount;
        this.#noteRoom();
        break;
    }
  }

  #noteRoom(): void {
    const { hasRoom } = this;
    if (hasRoom === this.#hadRoom) return;
    this.#hadRoom = hasRoom;
    this.onRoomChanged();
  }

  #giveUpOldest(): void {
    const [oldest] = this.#questions;
    if (oldest === undefined) return;
    const [questionId, { infohashes, answer }] = oldest;
    this.#questions.delete(questionId);
    this.#counters.overflows.count('known-questions');
    answer(new Array<Known>(infohashes.length / IDENTIFIER_BYTES).fill('resting'));
  }
}

function readFlag(flag: number): Known {
  return flag === IS_NEW ? false : flag === IS_KNOWN || 'resting';
}

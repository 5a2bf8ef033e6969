// Asks one UDP tracker how many have a torrent (BEP 15): a connection id, good for a minute, then scrapes of up to 72 at once.
// One question is under way at a time; a silent tracker is asked again after 15 x 2^n seconds and given up soon. Only trackers
// that the person named are ever asked, over a socket of their own.
import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { toKey } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import {
  encodeConnect,
  encodeScrape,
  parseTrackerReply,
  SCRAPE_INFOHASHES_MAX,
  type TrackerCount,
} from '../wire/udp-tracker.ts';

/** BEP 15: a client may use a connection id for one minute. */
export const CONNECTION_ID_MS = 60_000;
export const FIRST_TIMEOUT_MS = 15_000;
/** BEP 15 goes on to n = 8, more than an hour: who waits for a row on screen does not. */
export const ATTEMPTS_MAX = 3;
/** After giving up, and after an error. */
export const REST_MS = 10 * 60_000;
/** Infohashes that wait; the oldest goes. */
const WAITING_MAX = 4 * SCRAPE_INFOHASHES_MAX;

export interface TrackerClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly contact: Contact;
  readonly send: (bytes: Uint8Array, contact: Contact) => void;
  readonly onCount: (infohash: Uint8Array, count: TrackerCount) => void;
}

export class TrackerClient {
  readonly contact: Contact;
  readonly #options: TrackerClientOptions;
  readonly #waiting = new Map<string, Uint8Array>();
  #connectionId: Uint8Array | null = null;
  #connectedAtMs = 0;
  /** What is being asked about; empty while a connection id is asked for. */
  #asked: readonly Uint8Array[] = [];
  #transactionId = 0;
  #attempt = 0;
  #isAsking = false;
  #restUntilMs = -Infinity;
  #timer: Timer | null = null;

  constructor(options: TrackerClientOptions) {
    this.#options = options;
    this.contact = options.contact;
  }

  /** Adds to what waits; each infohash ends in onCount or in silence. */
  ask(infohashes: readonly Uint8Array[]): void {
    for (const infohash of infohashes) {
      this.#waiting.set(toKey(infohash), infohash);
      if (this.#waiting.size <= WAITING_MAX) continue;
      this.#options.counters.overflows.count('tracker-scrapes');
      for (const oldest of this.#waiting.keys()) {
        this.#waiting.delete(oldest);
        break;
      }
    }
    this.#next();
  }

  /** One datagram from the tracker's own address. */
  receive(bytes: Uint8Array): void {
    const { counters, clock } = this.#options;
    const reply = parseTrackerReply(bytes);
    if (reply.kind === 'malformed') return counters.malformed.count(`tracker-${reply.reason}`);
    if (!this.#isAsking || reply.transactionId !== this.#transactionId) {
      return counters.dropped.count('tracker-transaction');
    }
    if (reply.kind === 'error') return this.#giveUp('tracker-error');
    const isConnecting = this.#asked.length === 0;
    if (isConnecting !== (reply.kind === 'connected')) return counters.malformed.count('tracker-wrong-action');
    if (reply.kind === 'connected') {
      this.#connectionId = reply.connectionId;
      this.#connectedAtMs = clock.nowMs();
    } else {
      if (reply.counts.length !== this.#asked.length) return counters.malformed.count('tracker-bad-length');
      const asked = this.#asked;
      this.#end();
      asked.forEach((infohash, index) => this.#options.onCount(infohash, reply.counts[index]!));
    }
    this.#end();
    this.#next();
  }

  stop(): void {
    this.#end();
    this.#waiting.clear();
    this.#connectionId = null;
  }

  checkInvariants(): void {
    assert(this.#waiting.size <= WAITING_MAX, 'what waits for a tracker is bounded');
    assert(this.#asked.length <= SCRAPE_INFOHASHES_MAX, 'one question fits into one datagram');
    assert(this.#isAsking === (this.#timer !== null), 'a question has its time-out');
  }

  #next(): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#isAsking || this.#waiting.size === 0 || nowMs < this.#restUntilMs) return;
    this.#attempt = 0;
    if (this.#connectionId && nowMs - this.#connectedAtMs < CONNECTION_ID_MS) {
      const batch = [...this.#waiting].slice(0, SCRAPE_INFOHASHES_MAX);
      for (const [key] of batch) this.#waiting.delete(key);
      this.#asked = batch.map(([, infohash]) => infohash);
    }
    this.#isAsking = true;
    this.#send();
  }

  #send(): void {
    const { clock, random, send } = this.#options;
    this.#transactionId = random.uint32();
    const bytes =
      this.#asked.length === 0
        ? encodeConnect(this.#transactionId)
        : encodeScrape(this.#connectionId!, this.#transactionId, this.#asked);
    this.#timer = clock.setTimer(FIRST_TIMEOUT_MS * 2 ** this.#attempt, () => this.#timedOut());
    send(bytes, this.contact);
  }

  #timedOut(): void {
    this.#attempt++;
    if (this.#attempt >= ATTEMPTS_MAX) return this.#giveUp('tracker-silent');
    // By now the connection id has run out: it is asked for again, and then for the same infohashes.
    if (this.#options.clock.nowMs() - this.#connectedAtMs >= CONNECTION_ID_MS) {
      for (const infohash of this.#asked) this.#waiting.set(toKey(infohash), infohash);
      this.#asked = [];
    }
    this.#send();
  }

  #giveUp(reason: string): void {
    this.#options.counters.dropped.count(reason);
    this.#restUntilMs = this.#options.clock.nowMs() + REST_MS;
    this.#waiting.clear();
    this.#connectionId = null;
    this.#end();
  }

  #end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#isAsking = false;
    this.#asked = [];
  }
}

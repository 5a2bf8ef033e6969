// For an infohash that the nodes which sampled it brought no metadata for: a whole lookup, up to 40 queries to addresses that are mostly new to
// our router. So at low priority, two at once, one start in five seconds at most, and forgotten when too old.
import { assert } from '../base/assert.ts';
import { BoundedQueue } from '../base/bounded-queue.ts';
import type { Contact } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import type { Counters } from '../stats/counters.ts';

const WAITING_MAX = 200;
const LOOKUPS_AT_ONCE_MAX = 2;
const START_EVERY_MS = 5000;
const EXPIRES_AFTER_MS = 20 * 60_000;
/** A lookup that has not ended by then was lost in a pause. */
const LOOKUP_LOST_AFTER_MS = 120_000;
interface Wanted {
  readonly infohash: Infohash;
  readonly expiresAtMs: number;
}

export interface PeerLookupsOptions {
  readonly counters: Counters;
  readonly lookupPeers: (infohash: Infohash, onDone: (peers: Contact[]) => void) => boolean;
  readonly onPeers: (infohash: Infohash, peers: Contact[]) => void;
  /** The lookup found nobody. */
  readonly onNoPeers: (infohash: Infohash) => void;
  /** Not one node answered meanwhile, or it was never begun: that says nothing of the infohash, but of our own network. */
  readonly onUnheard: (infohash: Infohash) => void;
}

export class PeerLookups {
  readonly #options: PeerLookupsOptions;
  readonly #waiting = new BoundedQueue<Wanted>(WAITING_MAX);
  /** When each lookup under way was started. */
  readonly #startedAtMs = new Set<{ readonly atMs: number }>();
  #lastStartAtMs = -Infinity;

  constructor(options: PeerLookupsOptions) {
    this.#options = options;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** False, and nothing is begun, when too many wait. */
  offer(infohash: Infohash, nowMs: number): boolean {
    const isTaken = this.#waiting.offer({ infohash, expiresAtMs: nowMs + EXPIRES_AFTER_MS });
    if (!isTaken) this.#options.counters.overflows.count('peer-lookups');
    return isTaken;
  }

  /** Starts one if it is time; to be called when nothing more urgent waits. */
  tick(nowMs: number): void {
    for (const lookup of this.#startedAtMs) {
      if (nowMs - lookup.atMs >= LOOKUP_LOST_AFTER_MS) this.#startedAtMs.delete(lookup);
    }
    if (nowMs - this.#lastStartAtMs < START_EVERY_MS || this.#startedAtMs.size >= LOOKUPS_AT_ONCE_MAX) return;
    const wanted = this.#nextFresh(nowMs);
    if (wanted === null) return;
    const lookup = { atMs: nowMs };
    this.#startedAtMs.add(lookup);
    this.#lastStartAtMs = nowMs;
    const { counters, onNoPeers, onPeers, onUnheard } = this.#options;
    const repliesBefore = counters.repliesReceived;
    const isStarted = this.#options.lookupPeers(wanted.infohash, (peers) => {
      this.#startedAtMs.delete(lookup);
      if (peers.length === 0) {
        return (counters.repliesReceived > repliesBefore ? onNoPeers : onUnheard)(wanted.infohash);
      }
      counters.peersFound += peers.length;
      onPeers(wanted.infohash, peers);
    });
    if (isStarted) return;
    this.#startedAtMs.delete(lookup);
    this.#waiting.offer(wanted);
  }

  clear(): void {
    this.#waiting.clear();
    this.#startedAtMs.clear();
  }

  checkInvariants(): void {
    this.#waiting.checkInvariants();
    assert(this.#startedAtMs.size <= LOOKUPS_AT_ONCE_MAX, 'too many lookups at once');
  }

  #nextFresh(nowMs: number): Wanted | null {
    for (let wanted = this.#waiting.shift(); wanted !== null; wanted = this.#waiting.shift()) {
      if (wanted.expiresAtMs > nowMs) return wanted;
      this.#options.onUnheard(wanted.infohash);
    }
    return null;
  }
}

// Which transport first, and which one after a failure: whatever costs least for each success. Most peers are dead, and
// whoever could not be reached one way is rarely reached another way, so a second way must earn its flow: it is measured
// what the first one brings, and each second one, and a second one that brings far less is only tried now and then.
import { assert } from '../base/assert.ts';
import { type Contact, contactText } from '../base/contact.ts';
import type { PeerFailure } from './failures.ts';
import { TRANSPORTS, type Transport } from './transports/peer-connection.ts';

/** After `failure` over `from`, try `to`. */
export interface Fallback {
  readonly from: Transport;
  readonly failure: PeerFailure;
  readonly to: Transport;
}

export interface TransportOptions {
  /** What there is; a fallback to anything else is left out. */
  readonly transports: readonly Transport[];
  /** The first of them is tried first until another one has proved to bring more. */
  readonly firsts: readonly Transport[];
  /** One new peer in so many is tried with another of `firsts`, to learn. 0: never. */
  readonly exploreFirstEvery: number;
  readonly fallbacks: readonly Fallback[];
  /** A fallback is taken while it brings at least this share of what a first try brings. */
  readonly fallbackWorth: number;
  /** One in so many of those that are not worth it is tried all the same. */
  readonly exploreFallbackEvery: number;
}

/** Measured in a simulated population: `npm run bench -- metadata`. */
export const ALL_TRANSPORTS: TransportOptions = {
  transports: TRANSPORTS,
  firsts: ['tcp', 'utp'],
  exploreFirstEvery: 64,
  fallbacks: [
    // Hangs up on the plain handshake: wants encryption, or no longer has the torrent.
    { from: 'tcp', failure: 'reset-in-handshake', to: 'mse' },
    { from: 'utp', failure: 'reset-in-handshake', to: 'utp-mse' },
    // libtorrent without incoming TCP listens all the same, and hangs up on everybody.
    { from: 'mse', failure: 'reset-in-handshake', to: 'utp' },
    // Cannot be reached by TCP: behind a firewall, takes uTP only, or dead.
    { from: 'tcp', failure: 'refused', to: 'utp' },
    { from: 'tcp', failure: 'connect-timeout', to: 'utp' },
    { from: 'utp', failure: 'connect-timeout', to: 'tcp' },
    { from: 'utp', failure: 'refused', to: 'tcp' },
    // Answered by encryption before, and not now: another peer may have that address by now.
    { from: 'mse', failure: 'bad-encryption', to: 'tcp' },
    { from: 'mse', failure: 'connect-timeout', to: 'utp' },
    { from: 'mse', failure: 'refused', to: 'utp' },
  ],
  fallbackWorth: 0.5,
  exploreFallbackEvery: 16,
};

export const TCP_ONLY: TransportOptions = { ...ALL_TRANSPORTS, transports: ['tcp'] };

/** Attempts for one peer: the first, and at most so many fallbacks. */
const STEPS_MAX = 4;
/** Addresses that answered; the oldest go first. */
const REMEMBERED_MAX = 4096;
/** What a way is taken to have brought before it was tried: one success in so many tries. */
const SUPPOSED_TRIES = 4;
/** Then both counts are halved, so that the last hours count most. */
const TRIES_COUNTED_MAX = 512;
/** Another first way must bring so much more. */
const BETTER_FIRST = 1.25;
/** And have been tried so often. */
const FIRST_TRIES_MIN = 32;
/** A fallback is not judged before it has been tried so often. */
const STEP_TRIES_MIN = 16;

class Yield {
  tries = 0;
  wins = 0;

  note(hasWon: boolean): void {
    this.tries++;
    if (hasWon) this.wins++;
    if (this.tries < TRIES_COUNTED_MAX) return;
    this.tries /= 2;
    this.wins /= 2;
  }

  get share(): number {
    return (this.wins + 1) / (this.tries + SUPPOSED_TRIES);
  }
}

export class TransportPolicy {
  readonly #options: TransportOptions;
  readonly #firsts: readonly Transport[];
  /** By contactText: what the peer answered to last. */
  readonly #answered = new Map<string, Transport>();
  /** By transport, and by `from>to` for fallbacks. */
  readonly #yields = new Map<string, Yield>();
  #firstCount = 0;
  #refusedCount = 0;

  constructor(options: TransportOptions = ALL_TRANSPORTS) {
    this.#options = options;
    this.#firsts = options.firsts.filter((transport) => options.transports.includes(transport));
    assert(this.#firsts.length > 0, 'there is a way to begin with');
  }

  /** The way to begin with. */
  first(contact: Contact): Transport {
    const answered = this.#answered.get(contactText(contact));
    if (answered !== undefined) return answered;
    const { exploreFirstEvery } = this.#options;
    const others = this.#firsts.length - 1;
    this.#firstCount++;
    if (others > 0 && exploreFirstEvery > 0 && this.#firstCount % exploreFirstEvery === 0) {
      return this.#firsts[1 + (Math.floor(this.#firstCount / exploreFirstEvery) % others)]!;
    }
    let best = this.#firsts[0]!;
    for (const other of this.#firsts.slice(1)) {
      const { tries, share } = this.#yieldOf(other);
      if (tries >= FIRST_TRIES_MIN && share > this.#yieldOf(best).share * BETTER_FIRST) best = other;
    }
    return best;
  }

  /** The way to go on with after `failure`, or null: leave this peer. `tried` ends with the way that failed. */
  next(tried: readonly Transport[], failure: PeerFailure): Transport | null {
    const from = tried.at(-1)!;
    if (tried.length >= STEPS_MAX) return null;
    const { exploreFallbackEvery, fallbacks, fallbackWorth, transports } = this.#options;
    for (const fallback of fallbacks) {
      const { to } = fallback;
      if (fallback.from !== from || fallback.failure !== failure || tried.includes(to) || !transports.includes(to))
        continue;
      const { tries, share } = this.#yieldOf(stepKey(from, to));
      if (tries < STEP_TRIES_MIN || share >= fallbackWorth * this.#yieldOf(this.#firsts[0]!).share) return to;
      this.#refusedCount++;
      if (exploreFallbackEvery > 0 && this.#refusedCount % exploreFallbackEvery === 0) return to;
    }
    return null;
  }

  /** How the last of `tried` ended: with metadata, with another failure after the peer's handshake, or before it. */
  ended(contact: Contact, tried: readonly Transport[], how: 'complete' | 'answered' | 'failed'): void {
    const transport = tried.at(-1)!;
    const key = contactText(contact);
    const wasRemembered = tried.length === 1 && this.#answered.has(key);
    // A peer known to answer says nothing of strangers.
    if (!wasRemembered)
      this.#yieldOf(tried.length > 1 ? stepKey(tried.at(-2)!, transport) : transport).note(how === 'complete');
    this.#answered.delete(key);
    if (how === 'failed') return;
    this.#answered.set(key, transport);
    if (this.#answered.size > REMEMBERED_MAX) this.#answered.delete(this.#answered.keys().next().value!);
  }

  checkInvariants(): void {
    assert(this.#answered.size <= REMEMBERED_MAX, 'the peers remembered keep their limit');
  }

  #yieldOf(key: string): Yield {
    let found = this.#yields.get(key);
    if (!found) this.#yields.set(key, (found = new Yield()));
    return found;
  }
}

function stepKey(from: Transport, to: Transport): string {
  return `${from}>${to}`;
}

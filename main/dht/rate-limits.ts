// How fast we send and how much we answer (protocol.md 5.2). Outgoing: new addresses are what fills a home router's
// table, packets are what costs bandwidth, and no single node hears from us more than about once a second.
// Incoming: what libtorrent does, 5 packets/s per address averaged over 10 s, then silence for 300 s; answers are
// limited in bytes. Replies to our own queries never meet these limits: they are matched before.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { NOBODY, TimeoutQueue } from '../base/timeout-queue.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { AddressPlaces } from './address-places.ts';

export interface SendRates {
  /** Addresses that had no packet from us in the last NEW_AGAIN_AFTER_MS, per second. */
  readonly newAddressesPerSecond: number;
  readonly packetsPerSecond: number;
  readonly perAddressPerSecond: number;
  readonly perAddressBurst: number;
}

export type SendPermission = 'yes' | 'address-busy' | 'no-budget';

/** For unknown home routers: protocol.md 5.2, "Gentle". */
export const GENTLE_RATES: SendRates = {
  newAddressesPerSecond: 8,
  packetsPerSecond: 30,
  perAddressPerSecond: 1,
  perAddressBurst: 3,
};

/** A router forgets a UDP flow after 120 s (Linux, RFC 4787 REQ-5): then the address costs an entry again. */
export const NEW_AGAIN_AFTER_MS = 120_000;
/** 100 new addresses/s (the fastest pace) for 120 s are 12,000. Beyond it the one silent longest is forgotten early. */
const ADDRESSES_MAX = 16_384;

const ADDRESSES_AT_FIRST = 64;

/** Asked and paid before every outgoing query, whoever sends it. Answers to others do not pass here. */
export class SendBudget {
  #rates: SendRates;
  readonly #newAddresses: TokenBucket;
  readonly #packets: TokenBucket;
  /** Host to its place in the columns below. */
  readonly #places: AddressPlaces;
  /** How many packets an address had left when it was sent the last one. */
  #tokens = new Float64Array(ADDRESSES_AT_FIRST);
  /** In the order of the last packet: the oldest is the one silent longest. */
  readonly #sentOrder = new TimeoutQueue(ADDRESSES_AT_FIRST);

  /** `hashKey`: 32 random bits. */
  constructor(rates: SendRates, nowMs: number, hashKey = 0) {
    this.#rates = rates;
    this.#places = new AddressPlaces(hashKey);
    this.#newAddresses = new TokenBucket(rates.newAddressesPerSecond, burstOf(rates.newAddressesPerSecond), nowMs);
    this.#packets = new TokenBucket(rates.packetsPerSecond, burstOf(rates.packetsPerSecond), nowMs);
  }

  get rates(): SendRates {
    return this.#rates;
  }

  /** Addresses that a router in front of us may still hold an entry for. */
  get addressCount(): number {
    return this.#places.count;
  }

  setRates(rates: SendRates, nowMs: number): void {
    this.#rates = rates;
    this.#newAddresses.setRate(rates.newAddressesPerSecond, burstOf(rates.newAddressesPerSecond), nowMs);
    this.#packets.setRate(rates.packetsPerSecond, burstOf(rates.packetsPerSecond), nowMs);
  }

  /** How many queries to new addresses could go out now: for a scheduler that wants to know before it looks for work. */
  newAddressesAvailable(nowMs: number): number {
    return Math.min(this.#newAddresses.available(nowMs), this.#packets.available(nowMs));
  }

  canSend(contact: Contact, nowMs: number): SendPermission {
    const place = this.#places.find(contact.host);
    if (place !== NOBODY && this.#tokensOf(place, nowMs) < 1) return 'address-busy';
    if (this.#packets.available(nowMs) < 1) return 'no-budget';
    const isNew = place === NOBODY || nowMs - this.#sentOrder.touchedAtMs(place) >= NEW_AGAIN_AFTER_MS;
    return isNew && this.#newAddresses.available(nowMs) < 1 ? 'no-budget' : 'yes';
  }

  /** To be called once for each query sent, after canSend said 'yes'. True: the address was a new one. */
  spend(contact: Contact, nowMs: number): boolean {
    this.#forgetSilent(nowMs);
    this.#packets.take(nowMs);
    const place = this.#places.find(contact.host);
    if (place === NOBODY) {
      this.#newAddresses.take(nowMs);
      this.#begin(contact.host, nowMs);
      return true;
    }
    this.#tokens[place] = this.#tokensOf(place, nowMs) - 1;
    this.#sentOrder.touch(place, nowMs);
    return false;
  }

  checkInvariants(): void {
    const { count } = this.#places;
    assert(count <= ADDRESSES_MAX, 'more addresses are paced than the limit');
    this.#places.checkInvariants();
    this.#sentOrder.checkInvariants();
    assert(this.#sentOrder.count === count, 'every address has its turn to be forgotten');
    for (let place = 0; place < count; place++)
      assert(this.#tokens[place]! >= -1e-9, 'an address was sent more than its pace');
  }

  #tokensOf(place: number, nowMs: number): number {
    const back = ((nowMs - this.#sentOrder.touchedAtMs(place)) / 1000) * this.#rates.perAddressPerSecond;
    return Math.min(this.#rates.perAddressBurst, this.#tokens[place]! + back);
  }

  #begin(host: string, nowMs: number): void {
    const place = this.#places.add(host);
    if (place === this.#sentOrder.capacity) {
      const tokens = new Float64Array(2 * place);
      tokens.set(this.#tokens);
      this.#tokens = tokens;
      this.#sentOrder.grow(2 * place);
    }
    this.#tokens[place] = this.#rates.perAddressBurst - 1;
    this.#sentOrder.touch(place, nowMs);
  }

  #forgetSilent(nowMs: number): void {
    for (let oldest = this.#sentOrder.oldest; oldest !== NOBODY; oldest = this.#sentOrder.oldest) {
      const isSilent = nowMs - this.#sentOrder.touchedAtMs(oldest) >= NEW_AGAIN_AFTER_MS;
      if (!isSilent && this.#places.count < ADDRESSES_MAX) return;
      this.#forget(oldest);
    }
  }

  /** The last one takes the place that becomes free: no holes. */
  #forget(place: number): void {
    this.#places.remove(place);
    this.#sentOrder.remove(place);
    const last = this.#places.count;
    if (place === last) return;
    this.#tokens[place] = this.#tokens[last]!;
    this.#sentOrder.rename(last, place);
  }
}

/** Half a second's worth may go out at once: a tick that came late does not lose its share. */
function burstOf(perSecond: number): number {
  return Math.max(1, Math.ceil(perSecond / 2));
}

// How fast we send and how much we answer (protocol.md 5.2). Outgoing: new addresses are what fills a home router's
// table, packets are what costs bandwidth, and no single node hears from us more than about once a second.
// Incoming: what libtorrent does, 5 packets/s per address averaged over 10 s, then silence for 300 s; answers are
// limited in bytes. Replies to our own queries never meet these limits: they are matched before.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { TokenBucket } from '../base/token-bucket.ts';

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

interface AddressPace {
  tokens: number;
  lastSentAtMs: number;
}

/** Asked and paid before every outgoing query, whoever sends it. Answers to others do not pass here. */
export class SendBudget {
  #rates: SendRates;
  readonly #newAddresses: TokenBucket;
  readonly #packets: TokenBucket;
  /** By host, in the order of the last packet: the first is the one silent longest. */
  readonly #addresses = new Map<string, AddressPace>();

  constructor(rates: SendRates, nowMs: number) {
    this.#rates = rates;
    this.#newAddresses = new TokenBucket(rates.newAddressesPerSecond, burstOf(rates.newAddressesPerSecond), nowMs);
    this.#packets = new TokenBucket(rates.packetsPerSecond, burstOf(rates.packetsPerSecond), nowMs);
  }

  get rates(): SendRates {
    return this.#rates;
  }

  /** Addresses that a router in front of us may still hold an entry for. */
  get addressCount(): number {
    return this.#addresses.size;
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
    const pace = this.#addresses.get(contact.host);
    if (pace !== undefined && this.#tokensOf(pace, nowMs) < 1) return 'address-busy';
    if (this.#packets.available(nowMs) < 1) return 'no-budget';
    const isNew = pace === undefined || nowMs - pace.lastSentAtMs >= NEW_AGAIN_AFTER_MS;
    return isNew && this.#newAddresses.available(nowMs) < 1 ? 'no-budget' : 'yes';
  }

  /** To be called once for each query sent, after canSend said 'yes'. True: the address was a new one. */
  spend(contact: Contact, nowMs: number): boolean {
    this.#forgetSilent(nowMs);
    this.#packets.take(nowMs);
    const pace = this.#addresses.get(contact.host);
    if (pace === undefined) {
      this.#newAddresses.take(nowMs);
      this.#addresses.set(contact.host, { tokens: this.#rates.perAddressBurst - 1, lastSentAtMs: nowMs });
      return true;
    }
    pace.tokens = this.#tokensOf(pace, nowMs) - 1;
    pace.lastSentAtMs = nowMs;
    this.#addresses.delete(contact.host);
    this.#addresses.set(contact.host, pace);
    return false;
  }

  checkInvariants(): void {
    assert(this.#addresses.size <= ADDRESSES_MAX, 'more addresses are paced than the limit');
    let lastSentAtMs = -Infinity;
    for (const pace of this.#addresses.values()) {
      assert(pace.lastSentAtMs >= lastSentAtMs, 'paced addresses are in the order of their last packet');
      assert(pace.tokens >= -1e-9, 'an address was sent more than its pace');
      lastSentAtMs = pace.lastSentAtMs;
    }
  }

  #tokensOf(pace: AddressPace, nowMs: number): number {
    const back = (Math.max(0, nowMs - pace.lastSentAtMs) / 1000) * this.#rates.perAddressPerSecond;
    return Math.min(this.#rates.perAddressBurst, pace.tokens + back);
  }

  #forgetSilent(nowMs: number): void {
    for (const [host, pace] of this.#addresses) {
      if (this.#addresses.size < ADDRESSES_MAX && nowMs - pace.lastSentAtMs < NEW_AGAIN_AFTER_MS) return;
      this.#addresses.delete(host);
    }
  }
}

/** Half a second's worth may go out at once: a tick that came late does not lose its share. */
function burstOf(perSecond: number): number {
  return Math.max(1, Math.ceil(perSecond / 2));
}

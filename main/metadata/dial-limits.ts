// Where and how often we may open a TCP connection (protocol.md 5.2, 6.2b): a rate, a number of open ones, one at a time
// to an address, one a second into a network, no system ports. Protects the user's router and other people's machines.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { contactText } from '../base/contact.ts';
import { TokenBucket } from '../base/token-bucket.ts';

export interface ConnectionLimits {
  /** Open and half-open together. */
  readonly connectionsMax: number;
  readonly newConnectionsPerSecond: number;
}

/** Ports below are other services', whatever the DHT says; 80 and 443 are used by peers behind strict firewalls. */
const SYSTEM_PORT_MAX = 1023;
const SYSTEM_PORTS_DIALLED: ReadonlySet<number> = new Set([80, 443]);
const SAME_NETWORK_MS_MIN = 1000;
/** libtorrent's penalty for a peer that sent bad metadata. */
const SHUN_MS = 300_000;
/** Where nobody answered: every try costs the router an entry, and other infohashes name the same peers. */
const DEAD_MS = 600_000;
/** The one noted longest ago goes when a new one comes. */
const SHUNNED_MAX = 4096;

export class DialLimits {
  readonly #bucket: TokenBucket;
  #connectionsMax: number;
  /** Hosts with a connection, open or half-open. */
  readonly #openHosts = new Set<string>();
  /** When each network was last dialled; entries older than SAME_NETWORK_MS_MIN are swept by mayDialNow. */
  readonly #networkDialledAtMs = new Map<string, number>();
  readonly #shunnedUntilMs = new Map<string, number>();

  constructor(limits: ConnectionLimits, nowMs: number) {
    this.#connectionsMax = limits.connectionsMax;
    this.#bucket = new TokenBucket(limits.newConnectionsPerSecond, burst(limits), nowMs);
  }

  setLimits(limits: ConnectionLimits, nowMs: number): void {
    this.#connectionsMax = limits.connectionsMax;
    this.#bucket.setRate(limits.newConnectionsPerSecond, burst(limits), nowMs);
  }

  /** Whether any connection at all may be opened now. */
  mayDialNow(nowMs: number): boolean {
    for (const [network, dialledAtMs] of this.#networkDialledAtMs) {
      if (nowMs - dialledAtMs < SAME_NETWORK_MS_MIN) break; // in order of time: the rest is younger
      this.#networkDialledAtMs.delete(network);
    }
    return this.#openHosts.size < this.#connectionsMax && this.#bucket.available(nowMs) > 0;
  }

  /** Whether `contact` is free now, given mayDialNow. */
  mayDial(contact: Contact, nowMs: number): boolean {
    if (this.#openHosts.has(contact.host)) return false;
    const dialledAtMs = this.#networkDialledAtMs.get(networkOf(contact.host));
    return dialledAtMs === undefined || nowMs - dialledAtMs >= SAME_NETWORK_MS_MIN;
  }

  opened(contact: Contact, nowMs: number): void {
    assert(!this.#openHosts.has(contact.host), 'one connection an address');
    const hasToken = this.#bucket.take(nowMs);
    assert(hasToken, 'mayDialNow was asked first');
    this.#openHosts.add(contact.host);
    // Loopback passes the caller's filter only in demos and tests, where many peers share one network.
    if (isLoopback(contact.host)) return;
    const network = networkOf(contact.host);
    this.#networkDialledAtMs.delete(network);
    this.#networkDialledAtMs.set(network, nowMs);
  }

  /** One more connection to an address that is open already, after another one to it failed. False: not yet. */
  reopen(nowMs: number): boolean {
    return this.#bucket.take(nowMs);
  }

  closed(contact: Contact): void {
    this.#openHosts.delete(contact.host);
  }

  /** Leaves a hostile peer alone for SHUN_MS. */
  shun(contact: Contact, nowMs: number): void {
    this.#avoid(contact, nowMs + SHUN_MS);
  }

  /** Leaves an address alone for DEAD_MS where nobody answered. */
  avoidDead(contact: Contact, nowMs: number): void {
    this.#avoid(contact, nowMs + DEAD_MS);
  }

  #avoid(contact: Contact, untilMs: number): void {
    const key = contactText(contact);
    this.#shunnedUntilMs.delete(key);
    if (this.#shunnedUntilMs.size === SHUNNED_MAX) {
      for (const oldest of this.#shunnedUntilMs.keys()) {
        this.#shunnedUntilMs.delete(oldest);
        break;
      }
    }
    this.#shunnedUntilMs.set(key, untilMs);
  }

  isShunned(contact: Contact, nowMs: number): boolean {
    return nowMs < (this.#shunnedUntilMs.get(contactText(contact)) ?? -Infinity);
  }

  checkInvariants(): void {
    assert(this.#shunnedUntilMs.size <= SHUNNED_MAX, 'the shunned peers keep their limit');
  }
}

export function isDialablePort(port: number): boolean {
  return port > SYSTEM_PORT_MAX || SYSTEM_PORTS_DIALLED.has(port);
}

/** The first three bytes of an IPv4 address, the first 64 bits of an IPv6 one, as a key. */
export function networkOf(host: string): string {
  if (!host.includes(':')) return host.slice(0, host.lastIndexOf('.'));
  const [head = '', tail] = host.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  for (let count = 0; count < missing; count++) groups.push('0');
  if (tail) groups.push(...tail.split(':'));
  return groups.slice(0, 4).join(':');
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

/** One second's worth, and at least one connection. */
function burst(limits: ConnectionLimits): number {
  return Math.max(1, limits.newConnectionsPerSecond);
}

// Which addresses this machine has, looked at every two seconds: Node tells nobody when one comes or goes.
import type { Clock, Timer } from '../base/clock.ts';
import { isGlobalUnicast6 } from '../dht/bogons.ts';

/** protocol.md 5.4. Reading them takes some 50 µs. */
export const ADDRESSES_EVERY_MS = 2_000;

/** All addresses of all interfaces that are up, loopback too. */
export type ReadAddresses = () => readonly string[];

export class LocalAddresses {
  readonly #clock: Clock;
  readonly #read: ReadAddresses;
  readonly #onLooked: (haveChanged: boolean) => void;
  #addresses: ReadonlySet<string>;
  /** Ever seen here: an address that never was in the list (127.x, or a whole network that is local) is not missed in it. */
  readonly #known = new Set<string>();
  #watching: Timer | null = null;

  /** `onLooked`: every time, and whether an address came or went. */
  constructor(clock: Clock, read: ReadAddresses, onLooked: (haveChanged: boolean) => void) {
    this.#clock = clock;
    this.#read = read;
    this.#onLooked = onLooked;
    this.#addresses = new Set(read());
  }

  start(): void {
    this.#watching = this.#clock.setRepeating(ADDRESSES_EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#watching?.cancel();
  }

  /** `host` was an address of this machine, and is none now. */
  isGone(host: string): boolean {
    if (this.#addresses.has(host)) this.#known.add(host);
    return this.#known.has(host) && !this.#addresses.has(host);
  }

  /** One global unicast IPv6 address (BEP 32: bind to one), `current` if it still is one; null: there is none. */
  global6(current: string | null): string | null {
    const globals = [...this.#addresses].filter(isGlobalUnicast6);
    if (current !== null && globals.includes(current)) return current;
    return globals[0] ?? null;
  }

  #look(): void {
    const addresses = new Set(this.#read());
    const isSame = addresses.size === this.#addresses.size && [...addresses].every((host) => this.#addresses.has(host));
    this.#addresses = addresses;
    this.#onLooked(!isSame);
  }
}

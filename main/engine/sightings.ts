// How often nodes sample torrents that are known: counted here, told to the store once a minute and in one message, so that the
// writer does not notice. A strong hint of who is alive, and what a torrent's details say as 'times sampled'.
import { toKey } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Counters } from '../stats/counters.ts';
import type { StoreLink } from './store-link.ts';

export const TELL_EVERY_MS = 60_000;
/** Torrents told of at once: some 40 ms of the writer's. At the fastest pace more are sampled in a minute; those are left out. */
export const SIGHTED_MAX = 2000;
const TIMES_MAX = 0xffff;

export interface SightingsDependencies {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly store: Pick<StoreLink, 'send'>;
}

export class Sightings {
  readonly #dependencies: SightingsDependencies;
  readonly #times = new Map<string, number>();
  #telling: Timer | null = null;

  constructor(dependencies: SightingsDependencies) {
    this.#dependencies = dependencies;
  }

  /** A node has sampled it, and it is probably stored. */
  note(infohash: Uint8Array): void {
    const { clock, counters } = this.#dependencies;
    const key = toKey(infohash);
    const before = this.#times.get(key);
    if (before === undefined && this.#times.size >= SIGHTED_MAX) return counters.overflows.count('sightings');
    this.#times.set(key, Math.min((before ?? 0) + 1, TIMES_MAX));
    this.#telling ??= clock.setTimer(TELL_EVERY_MS, () => this.tell());
  }

  /** Now; also before the end. */
  tell(): void {
    const { clock, store } = this.#dependencies;
    this.#telling?.cancel();
    this.#telling = null;
    if (this.#times.size === 0) return;
    const infohashes = new Uint8Array(this.#times.size * IDENTIFIER_BYTES);
    [...this.#times.keys()].forEach((key, index) =>
      infohashes.set(Buffer.from(key, 'latin1'), index * IDENTIFIER_BYTES),
    );
    const times = Uint16Array.from(this.#times.values());
    this.#times.clear();
    store.send({ type: 'sightings', infohashes, times, lastAtUnixSeconds: clock.nowUnixSeconds() });
  }
}

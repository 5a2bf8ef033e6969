// Torrents that came and are not committed yet: bounded, what finds no room is dropped and counted.
import { assert } from '../base/assert.ts';
import type { Log } from '../base/log.ts';
import type { Torrent } from '../catalogue/torrent.ts';
import { COMMIT_TORRENTS_MAX, WAITING_TORRENTS_MAX } from './store-contract.ts';

/** The engine may send this much more than WAITING_TORRENTS_MAX before it hears that it should wait; the rest is dropped. */
export const WAITING_TORRENTS_HARD_MAX = 2 * WAITING_TORRENTS_MAX;

export class WaitingTorrents {
  readonly #log: Log;
  readonly #torrents: Torrent[] = [];
  #droppedCount = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  get count(): number {
    return this.#torrents.length;
  }

  /** Lost until somebody finds them again. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  add(torrents: readonly Torrent[]): void {
    const room = WAITING_TORRENTS_HARD_MAX - this.#torrents.length;
    for (const torrent of torrents.slice(0, room)) this.#torrents.push(torrent);
    if (torrents.length > room && this.#droppedCount === 0)
      this.#log.warn('Torrents are dropped: storing is too slow.');
    this.#droppedCount += Math.max(0, torrents.length - room);
  }

  /** What goes into one transaction: the first ones, which stay until they are `committed`. */
  next(): Torrent[] {
    return this.#torrents.slice(0, COMMIT_TORRENTS_MAX);
  }

  committed(): void {
    this.#torrents.splice(0, COMMIT_TORRENTS_MAX);
  }

  clear(): void {
    this.#torrents.length = 0;
  }

  checkInvariants(): void {
    assert(this.#torrents.length <= WAITING_TORRENTS_HARD_MAX, 'the waiting list is bounded');
  }
}

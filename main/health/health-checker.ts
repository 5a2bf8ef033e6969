// Who has the torrents that are on screen: by the filters of the nearest nodes (BEP 33) and by trackers, within a budget.
// A torrent that nobody has goes on the retry ladder, is looked at again, and at its end is called dead.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { HealthReport } from '../catalogue/torrent.ts';
import type { Counters } from '../stats/counters.ts';
import type { TrackerCount } from '../wire/udp-tracker.ts';

/** Infohashes of one request: a screen full, and no more than that. */
const CHECK_INFOHASHES_MAX = 200;
/** A look is up to 40 queries, mostly to addresses that are new to the router. */
export const START_EVERY_MS = 2000;
const CHECKS_AT_ONCE_MAX = 2;
/** A check that has not ended by then was lost in a pause. */
const CHECK_LOST_AFTER_MS = 120_000;
/** A count stays good for so long, however often its row is scrolled by. */
export const FRESH_MS = 15 * 60_000;
/** Times remembered; the oldest goes. */
const CHECKED_MAX = 4096;
const RECHECKS_MAX = 64;
const TICK_MS = 500;

/** As much of the DHT node as is needed. */
export interface SwarmScraper {
  /** Null: nobody knew. False: not now, and `onDone` is never called. */
  scrapeSwarm(
    infohash: Uint8Array,
    onDone: (size: { readonly seedCount: number; readonly leechCount: number } | null) => void,
  ): boolean;
  lookupPeers(infohash: Uint8Array, onDone: (peers: readonly unknown[]) => void): boolean;
}

export interface HealthCheckerOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly askTrackers: (infohashes: readonly Uint8Array[]) => void;
  readonly onReport: (report: HealthReport) => void;
  /** Nobody has it. `failureCount`: how often in a row that was found, this time counted in. */
  readonly onUnseen: (infohash: Uint8Array, failureCount: number) => void;
  /** Somebody has it, though nobody could count. */
  readonly onSeen: (infohash: Uint8Array) => void;
}

interface Check {
  readonly infohash: Uint8Array;
  readonly failureCount: number;
}

interface UnderWay {
  readonly atMs: number;
  /** Replies of any node by then: when none has come since, our own network is to blame. */
  readonly replies: number;
}

export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  /** What is on screen now, then what the ladder brought. */
  #wanted: Check[] = [];
  #due: Check[] = [];
  readonly #underWay = new Set<UnderWay>();
  readonly #checkedAtMs = new Map<string, number>();
  /** When a tracker last knew somebody: nodes that know nobody do not make it dead then. */
  readonly #trackedAtMs = new Map<string, number>();
  #node: SwarmScraper | null = null;
  #timer: Timer | null = null;
  #startedAtMs = -Infinity;
  #isPaused = false;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
  }

  join(node: SwarmScraper): void {
    this.#node = node;
    this.#arm();
  }

  /** What is on screen now (20 bytes each): takes the place of what was asked for before and has not begun. */
  check(infohashes: readonly Uint8Array[]): void {
    const stale = infohashes.slice(0, CHECK_INFOHASHES_MAX).filter((infohash) => !this.#isFresh(infohash));
    this.#wanted = stale.map((infohash) => ({ infohash, failureCount: 0 }));
    if (!this.#isPaused) this.#options.askTrackers(stale);
    this.#arm();
  }

  /** From the retry ladder: nobody had it when it was looked at last. */
  recheck(infohash: Uint8Array, failureCount: number): void {
    if (this.#due.length < RECHECKS_MAX) this.#due.push({ infohash, failureCount });
    else this.#options.counters.overflows.count('health-rechecks');
    this.#arm();
  }

  /** What a tracker says. */
  counted(infohash: Uint8Array, { seeders, leechers }: TrackerCount): void {
    const checkedAtUnixSeconds = this.#options.clock.nowUnixSeconds();
    this.#options.onReport({ infohash, source: 'tracker', seeders, leechers, checkedAtUnixSeconds });
    if (seeders + leechers === 0) return;
    noteTime(this.#trackedAtMs, infohash, this.#options.clock.nowMs());
    this.#options.onSeen(infohash);
  }

  pause(): void {
    this.#isPaused = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#underWay.clear();
  }

  resume(): void {
    this.#isPaused = false;
    this.#arm();
  }

  checkInvariants(): void {
    assert(this.#wanted.length <= CHECK_INFOHASHES_MAX && this.#due.length <= RECHECKS_MAX, 'few checks wait');
    assert(this.#trackedAtMs.size <= CHECKED_MAX, 'what trackers knew is bounded');
    assert(this.#checkedAtMs.size <= CHECKED_MAX && this.#underWay.size <= CHECKS_AT_ONCE_MAX, 'checks are bounded');
  }

  #isFresh(infohash: Uint8Array, times = this.#checkedAtMs): boolean {
    const atMs = times.get(toKey(infohash));
    return atMs !== undefined && this.#options.clock.nowMs() - atMs < FRESH_MS;
  }

  /** A timer only while something waits. */
  #arm(): void {
    const hasWork = this.#wanted.length + this.#due.length > 0;
    if (!hasWork || this.#isPaused || this.#timer !== null || this.#node === null) return;
    this.#timer = this.#options.clock.setTimer(TICK_MS, () => {
      this.#timer = null;
      this.#tick(this.#options.clock.nowMs());
      this.#arm();
    });
  }

  #tick(nowMs: number): void {
    for (const check of this.#underWay) if (nowMs - check.atMs >= CHECK_LOST_AFTER_MS) this.#underWay.delete(check);
    if (this.#underWay.size >= CHECKS_AT_ONCE_MAX || nowMs - this.#startedAtMs < START_EVERY_MS) return;
    const check = this.#wanted[0] ?? this.#due[0];
    if (!check || !this.#start(check, nowMs)) return;
    if (this.#wanted.length > 0) this.#wanted.shift();
    else {
      this.#due.shift();
      this.#options.askTrackers([check.infohash]);
    }
  }

  #start(check: Check, nowMs: number): boolean {
    const place = { atMs: nowMs, replies: this.#options.counters.repliesReceived };
    const isStarted = this.#node!.scrapeSwarm(check.infohash, (size) => {
      if (!this.#underWay.has(place)) return; // a pause ended it: that says nothing
      if (size === null || size.seedCount + size.leechCount === 0)
        return this.#lookClosely(check, place, size !== null);
      this.#underWay.delete(place);
      this.#report(check.infohash, size.seedCount, size.leechCount);
      this.#options.onSeen(check.infohash);
    });
    if (!isStarted) return false;
    this.#underWay.add(place);
    this.#startedAtMs = nowMs;
    noteTime(this.#checkedAtMs, check.infohash, nowMs);
    return true;
  }

  /** Nobody was counted; nodes without BEP 33 may still name somebody, and then it is not dead. */
  #lookClosely(check: Check, place: UnderWay, wasCounted: boolean): void {
    const { infohash, failureCount } = check;
    const isStarted = this.#node!.lookupPeers(infohash, (peers) => {
      if (!this.#underWay.delete(place)) return;
      if (peers.length > 0) return this.#options.onSeen(infohash);
      if (this.#options.counters.repliesReceived === place.replies) return this.#unheard(infohash);
      this.#report(infohash, 0, 0);
      if (this.#isFresh(infohash, this.#trackedAtMs)) return;
      this.#options.onUnseen(infohash, failureCount + 1);
    });
    if (isStarted) return;
    this.#underWay.delete(place);
    if (wasCounted) this.#report(infohash, 0, 0);
  }

  /** Nobody answered at all: nothing was learnt, and it may be asked again at once. */
  #unheard(infohash: Uint8Array): void {
    this.#checkedAtMs.delete(toKey(infohash));
  }

  #report(infohash: Uint8Array, seeders: number, leechers: number): void {
    const checkedAtUnixSeconds = this.#options.clock.nowUnixSeconds();
    this.#options.onReport({ infohash, source: 'dht', seeders, leechers, checkedAtUnixSeconds });
  }
}

/** Sets the time of one; beyond CHECKED_MAX the one set longest ago goes. */
function noteTime(times: Map<string, number>, infohash: Uint8Array, nowMs: number): void {
  const key = toKey(infohash);
  times.delete(key);
  times.set(key, nowMs);
  for (const oldest of times.keys()) {
    if (times.size <= CHECKED_MAX) break;
    times.delete(oldest);
  }
}

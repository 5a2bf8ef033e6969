// The last hour of the crawl, minute by minute, out of counters that only grow. It outlives the engine's thread: after a
// restart the counters begin at zero again, and a minute in which nobody counted is a gap, not a zero.

export const HISTORY_MINUTES = 60;
const MINUTE_MS = 60_000;
/** Readings for the rate of now are this far apart. */
const STEP_MS = 5_000;

/** Counters as they stand. */
export interface CrawlTotals {
  readonly sampled: number;
  readonly fresh: number;
  readonly tried: number;
  readonly fetched: number;
  readonly packets: number;
}
export type CrawlMinute = CrawlTotals;

const NOTHING: CrawlTotals = { sampled: 0, fresh: 0, tried: 0, fetched: 0, packets: 0 };

export class CrawlHistory {
  /** Minute of the clock -> what was counted in it; at most HISTORY_MINUTES, oldest first. */
  readonly #minutes = new Map<number, CrawlMinute>();
  #last: CrawlTotals | null = null;
  #recentPackets: { readonly atMs: number; readonly count: number }[] = [];
  #packetsSoFar = 0;

  /** Takes the counters as they are; any number of times a minute. */
  add(totals: CrawlTotals, nowMs: number): void {
    // Fewer than before: another engine, which has counted these since its start.
    const isAnother = this.#last !== null && totals.packets < this.#last.packets;
    const before = this.#last === null || isAnother ? NOTHING : this.#last;
    this.#last = totals;
    const minute = Math.floor(nowMs / MINUTE_MS);
    const counted = this.#minutes.get(minute) ?? NOTHING;
    this.#minutes.set(minute, {
      sampled: counted.sampled + grown(before.sampled, totals.sampled),
      fresh: counted.fresh + grown(before.fresh, totals.fresh),
      tried: counted.tried + grown(before.tried, totals.tried),
      fetched: counted.fetched + grown(before.fetched, totals.fetched),
      packets: counted.packets + grown(before.packets, totals.packets),
    });
    for (const old of this.#minutes.keys()) if (old <= minute - HISTORY_MINUTES) this.#minutes.delete(old);
    this.#packetsSoFar += grown(before.packets, totals.packets);
    const latest = this.#recentPackets.at(-1);
    if (!latest || nowMs - latest.atMs >= STEP_MS) this.#recentPackets.push({ atMs: nowMs, count: this.#packetsSoFar });
    while (this.#recentPackets.length > 1 && nowMs - this.#recentPackets[1]!.atMs >= MINUTE_MS)
      this.#recentPackets.shift();
  }

  /** The last HISTORY_MINUTES minutes, oldest first, the last one under way; null where nobody counted. */
  minutes(nowMs: number): (CrawlMinute | null)[] {
    const last = Math.floor(nowMs / MINUTE_MS);
    return Array.from({ length: HISTORY_MINUTES }, (_, index) => {
      return this.#minutes.get(last - HISTORY_MINUTES + 1 + index) ?? null;
    });
  }

  /** Packets a second over the last minute, or since the first reading. */
  packetsPerSecond(nowMs: number): number {
    const base = this.#recentPackets[0];
    const ms = base ? nowMs - base.atMs : 0;
    return base && ms >= 1000 ? (this.#packetsSoFar - base.count) / (ms / 1000) : 0;
  }
}

function grown(before: number, now: number): number {
  return Math.max(0, now - before);
}

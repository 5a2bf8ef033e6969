// Who has the torrents that are on screen: what the app finds out is laid over the rows as it comes, and rows that have
// rested in sight for a moment are looked into again when their figures are old. How fast the network is asked is the
// engine's to decide; a list that is scrolled through asks for nothing.
import type { HealthDto, HealthFoundDto, LanternfishApi } from '../../preload/ipc-contract.ts';
import type { Timer, WindowClock } from '../shared/clock.ts';

/** Rows in sight for so long are being read. */
const REST_MS = 800;
/** Figures older than this are looked into again. */
export const STALE_AFTER_SECONDS = 30 * 60;
/** The window tells so many; the engine takes no more. */
const CHECKED_MAX = 200;
/** Findings kept over rows that came before them; the oldest go first. They are in the catalogue, too. */
const FOUND_MAX = 2000;
/** By then an answer will not come: the torrent was counted lately, or the engine was paused. */
const ASKED_MAX_MS = 60_000;
const NOBODY: HealthDto = { dht: null, tracker: null, isDead: false };

export interface Watched {
  readonly infohashHex: string;
  readonly health: HealthDto | null;
}

export class HealthWatch {
  readonly #api: LanternfishApi;
  readonly #clock: WindowClock;
  #found = $state.raw<ReadonlyMap<string, HealthDto>>(new Map());
  /** Asked about, with nothing heard yet. */
  #asked = $state.raw<ReadonlySet<string>>(new Set());
  #resting: Timer | null = null;
  #waiting: Timer | null = null;

  constructor(api: LanternfishApi, clock: WindowClock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** The newest that is known of a torrent. */
  of({ infohashHex, health }: Watched): HealthDto | null {
    return this.#found.get(infohashHex) ?? health;
  }

  /** Somebody is being asked about it right now. */
  isAsking(infohashHex: string): boolean {
    return this.#asked.has(infohashHex);
  }

  /** These are in sight now; what is old among them is looked into once they have rested there. */
  inSight(rows: readonly Watched[]): void {
    this.#resting?.cancel();
    this.#resting = this.#clock.setTimer(REST_MS, () => {
      const old = rows.filter((row) => this.#isStale(row) && !this.#asked.has(row.infohashHex));
      if (old.length > 0) void this.#check(old.slice(0, CHECKED_MAX));
    });
  }

  /** A person asks: at once, however fresh the figures are. */
  async refresh(row: Watched): Promise<boolean> {
    return this.#check([row]);
  }

  found(reports: readonly HealthFoundDto[]): void {
    const found = new Map(this.#found);
    const asked = new Set(this.#asked);
    for (const { infohashHex, source, seeders, leechers, checkedAtUnixSeconds } of reports) {
      const before = found.get(infohashHex) ?? NOBODY;
      found.delete(infohashHex);
      // Whoever was counted is not nobody.
      found.set(infohashHex, { ...before, [source]: { seeders, leechers, checkedAtUnixSeconds }, isDead: false });
      asked.delete(infohashHex);
    }
    for (const infohashHex of [...found.keys()].slice(0, Math.max(0, found.size - FOUND_MAX)))
      found.delete(infohashHex);
    this.#found = found;
    this.#asked = asked;
  }

  async #check(rows: readonly Watched[]): Promise<boolean> {
    const infohashesHex = rows.map(({ infohashHex }) => infohashHex);
    // What was asked before is given up by the engine for what is asked now.
    this.#asked = new Set(infohashesHex);
    this.#waiting?.cancel();
    this.#waiting = this.#clock.setTimer(ASKED_MAX_MS, () => {
      this.#asked = new Set();
    });
    const answer = await this.#api.checkHealth({ infohashesHex });
    if (!answer.ok) this.#asked = new Set();
    return answer.ok;
  }

  #isStale(row: Watched): boolean {
    const health = this.of(row);
    const checkedAt = Math.max(health?.dht?.checkedAtUnixSeconds ?? 0, health?.tracker?.checkedAtUnixSeconds ?? 0);
    return this.#clock.nowUnixSeconds() - checkedAt > STALE_AFTER_SECONDS;
  }
}

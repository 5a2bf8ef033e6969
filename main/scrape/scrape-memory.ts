// What the scraper remembers of the world, whichever family of addresses it was met in (BEP 32): who was sampled when,
// which infohashes were seen, which clients answer. Two loops, one for each family, share it: an infohash that IPv4 gave is
// not fetched again because IPv6 gives it too, and it takes its 21 MiB of cooldown and 12 MiB of filters once.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { ClientVersions } from '../stats/client-versions.ts';
import type { Counters } from '../stats/counters.ts';
import { Cooldown } from './cooldown.ts';
import type { SavedScrape } from './saved-scrape.ts';
import { KnownInfohashes, newInfohashKeys, RecentInfohashes, type SavedInfohashKeys } from './infohash-filters.ts';

export class ScrapeMemory {
  readonly versions = new ClientVersions();
  readonly cooldown: Cooldown;
  keys: SavedInfohashKeys;
  known: KnownInfohashes;
  recent: RecentInfohashes;
  readonly #clock: Clock;
  readonly #counters: Counters;

  constructor(clock: Clock, random: Random, counters: Counters) {
    this.#clock = clock;
    this.#counters = counters;
    this.cooldown = new Cooldown(() => clock.nowUnixSeconds(), random);
    this.keys = newInfohashKeys(random);
    this.known = new KnownInfohashes(this.keys.known, counters);
    this.recent = new RecentInfohashes(this.keys.recent, clock.nowMs());
  }

  /** For the loop that owns it; the other one saves the keys and nobody's rest. */
  save(isOwner: boolean): Pick<SavedScrape, 'cooldown' | 'infohashKeys'> {
    const cooldown = isOwner ? this.cooldown.save() : { key: this.keys.recent, slots: [] };
    return { cooldown, infohashKeys: this.keys };
  }

  /** To be called before anything was taken: the filters start empty under these keys. */
  useKeys(keys: SavedInfohashKeys): void {
    this.keys = keys;
    this.known = new KnownInfohashes(keys.known, this.#counters);
    this.recent = new RecentInfohashes(keys.recent, this.#clock.nowMs());
  }
}

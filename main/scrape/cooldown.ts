// Which addresses were sampled in the last 24 hours. BEP 51 caps `interval` at 6 hours; the 24 are our own courtesy
// and cover every interval. Keyed by IP (IPv6: by /64), so that a new id or port does not buy a second sample.
//
// 25 slots, one an hour of wall time (it has to hold across restarts). A slot starts as an exact table of address and
// minute: up to 27 nodes/s nobody is skipped wrongly, a node is free again 24 h to 24 h 01 after it was asked, and the
// saved form costs 5 bytes a node (1 MB for a usual day) where bare filters would cost 20 MB every 10 minutes. Only an
// hour with more nodes than that turns into a bloom filter (free again after 24 to 25 h, 1 in 10,000 skipped wrongly).
import { assert } from '../base/assert.ts';
import { BloomFilter } from '../base/bloom-filter.ts';
import { HASH_KEY_BYTES, KeyedHash } from '../base/keyed-hash.ts';
import type { Random } from '../base/random.ts';
import { SAMPLE_INTERVAL_SECONDS_MAX } from '../wire/krpc-message.ts';
import { addressKey } from './address-key.ts';
import { HourTable, HOUR_TABLE_BYTES_MAX } from './hour-table.ts';

export const RESAMPLE_AFTER_HOURS = 24;
assert(SAMPLE_INTERVAL_SECONDS_MAX <= RESAMPLE_AFTER_HOURS * 3600, '24 hours must cover every interval');

/** The hour that runs, and the 24 before it. */
const SLOT_COUNT = RESAMPLE_AFTER_HOURS + 1;
/** 100 nodes/s (the fast pace) for an hour. */
const FILTER_MEMBERS = 360_000;
/** 19.17 bits a member and 13 places: p = 1e-4, and 0.25% over 25 slots (protocol.md, R4). */
const FILTER_BITS = Math.ceil(FILTER_MEMBERS * 19.17);
const FILTER_PLACES = 13;
/** 25 x 862,650 bytes = 20.6 MiB. */
export const COOLDOWN_BYTES_MAX = SLOT_COUNT * Math.max(Math.ceil(FILTER_BITS / 8), HOUR_TABLE_BYTES_MAX);
assert(COOLDOWN_BYTES_MAX <= 24 * 2 ** 20, 'the cooldown fits in 24 MiB');

/** Bencodable. `exact` is HourTable.pack, `bits` BloomFilter.bytes. */
export type SavedHour = { hour: number; exact: Uint8Array } | { hour: number; bits: Uint8Array };
export interface SavedCooldown {
  readonly key: Uint8Array;
  readonly slots: readonly SavedHour[];
}

interface HourSlot {
  hour: number;
  members: HourTable | BloomFilter;
}

export class Cooldown {
  readonly #nowUnixSeconds: () => number;
  readonly #slots: (HourSlot | null)[] = new Array<HourSlot | null>(SLOT_COUNT).fill(null);
  readonly #keyBytes = new Uint8Array(4);
  #key: Uint8Array;
  #hash: KeyedHash;

  constructor(nowUnixSeconds: () => number, random: Random) {
    this.#nowUnixSeconds = nowUnixSeconds;
    this.#key = random.bytes(HASH_KEY_BYTES);
    this.#hash = new KeyedHash(this.#key);
  }

  /** To be called when, and only when, a query to `host` has left: a send that was refused here leaves no mark. */
  mark(host: string): void {
    const now = this.#nowUnixSeconds();
    const hour = Math.floor(now / 3600);
    const slot = this.#slotFor(hour);
    const key = addressKey(host, this.#hash);
    if (slot.members instanceof HourTable && !slot.members.set(key, Math.floor(now / 60) % 60)) {
      slot.members = this.#toFilter(slot.members);
    }
    if (slot.members instanceof BloomFilter) slot.members.add(this.#bytesOf(key));
  }

  /** True while `host` was asked less than 24 hours ago (rounded up: see the top of this file). */
  isResting(host: string): boolean {
    const now = this.#nowUnixSeconds();
    const key = addressKey(host, this.#hash);
    const hour = Math.floor(now / 3600);
    for (const slot of this.#slots) {
      if (slot !== null && isNearHour(slot.hour, hour) && this.#holds(slot, key, now)) return true;
    }
    return false;
  }

  get allocatedBytes(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot?.members.allocatedBytes ?? 0), 0);
  }

  /** Hours that are over never change again and are handed out without a copy; only the running one is copied. */
  save(): SavedCooldown {
    const now = this.#nowUnixSeconds();
    const slots: SavedHour[] = [];
    for (const slot of this.#slots) {
      if (slot === null || !isInWindow(slot.hour, now)) continue;
      if (slot.members instanceof HourTable) slots.push({ hour: slot.hour, exact: slot.members.pack() });
      else if (slot.hour === Math.floor(now / 3600))
        slots.push({ hour: slot.hour, bits: slot.members.bytes().slice() });
      else slots.push({ hour: slot.hour, bits: slot.members.bytes() });
    }
    return { key: this.#key, slots };
  }

  /** Replaces everything by what was saved; slots that are too old or damaged are left out. */
  restore(saved: SavedCooldown): void {
    if (saved.key.length !== HASH_KEY_BYTES) return;
    this.#key = Uint8Array.from(saved.key);
    this.#hash = new KeyedHash(this.#key);
    this.#slots.fill(null);
    const now = this.#nowUnixSeconds();
    for (const slot of saved.slots.slice(0, SLOT_COUNT)) {
      const { hour } = slot;
      if (!Number.isSafeInteger(hour) || !isInWindow(hour, now)) continue;
      const members = 'exact' in slot ? HourTable.unpack(slot.exact) : this.#filterOf(slot.bits);
      if (members !== null) this.#slots[hour % SLOT_COUNT] = { hour, members };
    }
  }

  checkInvariants(): void {
    this.#slots.forEach((slot, index) => {
      assert(slot === null || slot.hour % SLOT_COUNT === index, 'an hour sits in another hour’s slot');
      slot?.members.checkInvariants();
    });
    assert(this.allocatedBytes <= COOLDOWN_BYTES_MAX, 'the cooldown outgrew its memory');
  }

  #slotFor(hour: number): HourSlot {
    const index = hour % SLOT_COUNT;
    const slot = this.#slots[index];
    if (slot && slot.hour === hour) return slot;
    // A new hour: whatever ran until now is over. One full table at most is still open, about 20 ms of work.
    for (const over of this.#slots) if (over?.members instanceof HourTable) over.members.freeze();
    return (this.#slots[index] = { hour, members: new HourTable() });
  }

  #holds(slot: HourSlot, key: number, nowUnixSeconds: number): boolean {
    if (slot.members instanceof BloomFilter) return slot.members.has(this.#bytesOf(key));
    const minute = slot.members.get(key);
    if (minute === null) return false;
    const minuteEnd = slot.hour * 3600 + (minute + 1) * 60;
    return nowUnixSeconds < minuteEnd + RESAMPLE_AFTER_HOURS * 3600;
  }

  #toFilter(table: HourTable): BloomFilter {
    const filter = this.#newFilter();
    table.forEach((key) => filter.add(this.#bytesOf(key)));
    return filter;
  }

  #filterOf(bits: Uint8Array): BloomFilter | null {
    const filter = this.#newFilter();
    return filter.restore(bits) ? filter : null;
  }

  #newFilter(): BloomFilter {
    return new BloomFilter({ bitCount: FILTER_BITS, placeCount: FILTER_PLACES, key: this.#key });
  }

  #bytesOf(key: number): Uint8Array {
    for (let index = 0; index < 4; index++) this.#keyBytes[index] = key >>> (8 * index);
    return this.#keyBytes;
  }
}

/** A slot from the future counts too (the wall clock was set back), but not for longer than the rest itself. */
function isInWindow(hour: number, nowUnixSeconds: number): boolean {
  return isNearHour(hour, Math.floor(nowUnixSeconds / 3600));
}

function isNearHour(hour: number, hourNow: number): boolean {
  return Math.abs(hourNow - hour) <= RESAMPLE_AFTER_HOURS;
}

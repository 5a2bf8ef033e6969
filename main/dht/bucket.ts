// One bucket: which records it holds, densely from slot 0 on, and who waits to replace them.
// A record that leaves is replaced by the last one (the user's note), so there are never holes.
import { assert } from '../base/assert.ts';
import { NOT_IN_HEAP } from '../base/indexed-heap.ts';
import type { NodeContact } from '../base/contact.ts';

/** A node that found its bucket full, or that has not answered us yet. */
export interface Replacement extends NodeContact {
  readonly hasAnswered: boolean;
  readonly roundTripMs: number;
  readonly seenAtMs: number;
}

/** Most buckets hold eight; larger ones grow as records come. */
const ROOM_AT_FIRST = 8;
const GROWTH_SHIFT = 5;

export class Bucket {
  /** Bits that every id in it shares with the id of the table; the deepest bucket also holds deeper ones. */
  readonly depth: number;
  /** How many records it may hold. */
  readonly #limit: number;
  /** Three bytes of each record, the lower two and the upper one. */
  #recordsLow: Uint16Array;
  #recordsHigh: Uint8Array;
  /** The first four bytes of each record's id, side by side and signed: searching reads little else. */
  heads: Int32Array;
  #count = 0;
  /** Records whose state is bad: they may be replaced. */
  badCount = 0;
  /** BEP 5: a bucket without change for 15 minutes is refreshed. */
  changedAtMs: number;
  /** Most recently seen last. */
  readonly replacements: Replacement[] = [];
  /** Its place in the table's heap of buckets. */
  heapPlace = NOT_IN_HEAP;

  constructor(depth: number, limit: number, nowMs: number) {
    this.depth = depth;
    this.#limit = Math.floor(limit);
    const room = Math.min(this.#limit, ROOM_AT_FIRST);
    this.#recordsLow = new Uint16Array(room);
    this.#recordsHigh = new Uint8Array(room);
    this.heads = new Int32Array(room);
    this.changedAtMs = nowMs;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#limit;
  }

  recordAt(slot: number): number {
    return this.#recordsLow[slot]! | (this.#recordsHigh[slot]! << 16);
  }

  /** Returns its slot. `head` is that of the record's id. */
  add(record: number, head: number): number {
    assert(!this.isFull, 'a full bucket takes no record');
    if (this.#count === this.heads.length) this.#grow();
    this.#set(this.#count, record);
    this.heads[this.#count] = head;
    return this.#count++;
  }

  /** Empties `slot`; returns the record that moved into it from the end, or -1 when it was the last. */
  removeAt(slot: number): number {
    assert(slot < this.#count, 'only a slot in use can be emptied');
    const last = this.recordAt(--this.#count);
    if (slot === this.#count) return -1;
    this.#set(slot, last);
    this.heads[slot] = this.heads[this.#count]!;
    return last;
  }

  #grow(): void {
    const room = this.heads.length;
    const wanted = Math.min(this.#limit, room + Math.max(ROOM_AT_FIRST, room >> GROWTH_SHIFT));
    const [low, high, heads] = [this.#recordsLow, this.#recordsHigh, this.heads];
    this.#recordsLow = new Uint16Array(wanted);
    this.#recordsHigh = new Uint8Array(wanted);
    this.heads = new Int32Array(wanted);
    this.#recordsLow.set(low);
    this.#recordsHigh.set(high);
    this.heads.set(heads);
  }

  #set(slot: number, record: number): void {
    this.#recordsLow[slot] = record;
    this.#recordsHigh[slot] = record >>> 16;
  }

  /** Adds or renews; when there are `limit` already, the one seen longest ago goes. */
  addReplacement(replacement: Replacement, limit: number): void {
    const { host } = replacement.contact;
    const known = this.replacements.findIndex((other) => other.contact.host === host);
    const wasAnswered = known !== -1 && this.replacements[known]!.hasAnswered;
    // Hearsay neither makes a proven replacement unproven nor changes whom it names.
    if (wasAnswered && !replacement.hasAnswered) return;
    if (known !== -1) this.replacements.splice(known, 1);
    else if (this.replacements.length >= limit) this.replacements.shift();
    this.replacements.push(replacement);
  }

  /** Takes out the most recent replacement that has answered us, or null. */
  takeProvenReplacement(): Replacement | null {
    const index = this.replacements.findLastIndex((replacement) => replacement.hasAnswered);
    return index === -1 ? null : this.replacements.splice(index, 1)[0]!;
  }

  /** Takes out the oldest replacement that never answered and was last seen at `seenUntilMs` or earlier, or null. */
  takeUnproven(seenUntilMs: number): Replacement | null {
    const index = this.replacements.findIndex(({ hasAnswered, seenAtMs }) => !hasAnswered && seenAtMs <= seenUntilMs);
    return index === -1 ? null : this.replacements.splice(index, 1)[0]!;
  }

  checkInvariants(): void {
    const records = Array.from({ length: this.#count }, (_, slot) => this.recordAt(slot));
    assert(new Set(records).size === this.#count, 'a bucket holds a record once');
    assert(this.badCount >= 0 && this.badCount <= this.#count, 'a bucket has at most as many bad records as records');
    const hosts = new Set(this.replacements.map((replacement) => replacement.contact.host));
    assert(hosts.size === this.replacements.length, 'an address waits once in a bucket');
  }
}

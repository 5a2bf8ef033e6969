// Members (small whole numbers: places in someone's arrays) in the order in which they were last touched, so that
// whoever is due is found at the front without looking at the others. A doubly linked list laid over typed arrays.
// Times are monotonic milliseconds, never wall time: a jump of the system's clock moves nothing here.
import { assert } from './assert.ts';

export const NOBODY = -1;
/** Marks a member that is not in the queue. */
const ABSENT = -2;
/** A link is kept as the member it names plus this, so that memory that was never written says ABSENT. */
const SHIFT = 2;
/** Three bytes a link. */
const MEMBERS_MAX = 2 ** 24 - SHIFT;

/** 16-bit words of a member's cell: the low words of the links to the one before and the one after, then their high bytes. */
const PREVIOUS = 0;
const NEXT = 1;
const HIGH = 2;
const LINK_WORDS = 3;
/** A coarse time, as a 32-bit float, stands beside them: what a touch changes lies together, for memory is what it waits for. */
const TIME = 3;
export const COARSE_WORDS = 5;

/** Memory of which COARSE_WORDS of every `stride` words, from the word `first` on, are zero and the queue's. */
export interface Lodging {
  readonly words: Uint16Array;
  readonly stride: number;
  readonly first: number;
}

const coarseTime = new Float32Array(1);
const coarseWords = new Uint16Array(coarseTime.buffer);

export class TimeoutQueue {
  /** From a member's cell to the next one's, and where the first begins, in words. */
  readonly #stride: number;
  readonly #first: number;
  #cells: Uint16Array;
  /** Null: times are coarse, and stand in the cells. */
  #times: Float64Array | null;
  #capacity: number;
  #oldest = NOBODY;
  #latest = NOBODY;
  #count = 0;

  /**
   * Members are 0 to `capacity` - 1. `isCoarse` halves the memory of their times, which are then right to a millisecond
   * for some hours and to a second after months: 10 bytes a member instead of 14. `lodging`: somebody's memory that the cells
   * of a coarse queue stand in, beside what is needed together with them.
   */
  constructor(capacity: number, isCoarse = false, lodging: Lodging | null = null) {
    assert(capacity <= MEMBERS_MAX, 'a link has three bytes');
    assert(lodging === null || isCoarse, 'only coarse cells are complete in themselves');
    this.#stride = lodging?.stride ?? (isCoarse ? COARSE_WORDS : LINK_WORDS);
    this.#first = lodging?.first ?? 0;
    this.#cells = lodging?.words ?? new Uint16Array(capacity * this.#stride);
    this.#times = isCoarse ? null : new Float64Array(capacity);
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#count;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** The member touched longest ago, or NOBODY. */
  get oldest(): number {
    return this.#oldest;
  }

  has(member: number): boolean {
    const at = member * this.#stride + this.#first;
    return (this.#cells[at + NEXT]! | (this.#cells[at + HIGH]! & 0xff00)) !== 0;
  }

  /** Only of members that are in. -Infinity: never. */
  touchedAtMs(member: number): number {
    assert(this.has(member), 'only a member of the queue has a time');
    return this.#timeOf(member);
  }

  /** Puts `member` at the end, from wherever it was or from outside. */
  touch(member: number, nowMs: number): void {
    const latestMs = this.#latest === NOBODY ? -Infinity : this.#timeOf(this.#latest);
    const atMs = this.#times === null ? Math.fround(nowMs) : nowMs;
    assert(atMs >= latestMs, 'a monotonic clock does not go back');
    if (this.has(member)) this.remove(member);
    this.#setTime(member, atMs);
    this.#link(member, this.#latest, NOBODY);
    if (this.#latest === NOBODY) this.#oldest = member;
    else this.#setNext(this.#latest, member);
    this.#latest = member;
    this.#count++;
  }

  /** Puts a new `member` at the front, as one that was never touched. */
  addUntouched(member: number): void {
    assert(!this.has(member), 'the member is in the queue already');
    this.#setTime(member, -Infinity);
    this.#link(member, NOBODY, this.#oldest);
    if (this.#oldest === NOBODY) this.#latest = member;
    else this.#setPrevious(this.#oldest, member);
    this.#oldest = member;
    this.#count++;
  }

  remove(member: number): void {
    assert(this.has(member), 'only a member of the queue can leave it');
    const previous = this.#previousOf(member);
    const next = this.#nextOf(member);
    if (previous === NOBODY) this.#oldest = next;
    else this.#setNext(previous, next);
    if (next === NOBODY) this.#latest = previous;
    else this.#setPrevious(next, previous);
    this.#link(member, ABSENT, ABSENT);
    this.#count--;
  }

  /** `member` keeps its turn and its time under the name `to`, which must be free. */
  rename(member: number, to: number): void {
    assert(this.has(member) && !this.has(to), 'a member takes a name that is free');
    const previous = this.#previousOf(member);
    const next = this.#nextOf(member);
    this.#link(to, previous, next);
    this.#setTime(to, this.#timeOf(member));
    if (previous === NOBODY) this.#oldest = to;
    else this.#setNext(previous, to);
    if (next === NOBODY) this.#latest = to;
    else this.#setPrevious(next, to);
    this.#link(member, ABSENT, ABSENT);
  }

  /** `words`: a lodger's new memory, into which what the old one held was copied. */
  grow(capacity: number, words: Uint16Array | null = null): void {
    assert(capacity >= this.capacity && capacity <= MEMBERS_MAX, 'the queue only grows, as far as its links reach');
    const cells = words ?? new Uint16Array(capacity * this.#stride);
    if (words === null) cells.set(this.#cells);
    this.#cells = cells;
    if (this.#times !== null) {
      const times = new Float64Array(capacity);
      times.set(this.#times);
      this.#times = times;
    }
    this.#capacity = capacity;
  }

  /** Members from the oldest to the latest. The queue must not change meanwhile. */
  *members(): Iterable<number> {
    for (let member = this.#oldest; member !== NOBODY; member = this.#nextOf(member)) yield member;
  }

  checkInvariants(): void {
    let previous = NOBODY;
    let seen = 0;
    for (const member of this.members()) {
      assert(this.#previousOf(member) === previous, 'links of the queue agree in both directions');
      assert(
        previous === NOBODY || this.#timeOf(previous) <= this.#timeOf(member),
        'the queue is in the order of its times',
      );
      assert(++seen <= this.#count, 'the queue has no ring and no stray member');
      previous = member;
    }
    assert(previous === this.#latest && seen === this.#count, 'the queue ends at its latest member');
    let present = 0;
    for (let member = 0; member < this.capacity; member++) if (this.has(member)) present++;
    assert(present === this.#count, 'whoever is marked as present is linked');
  }

  #previousOf(member: number): number {
    const at = member * this.#stride + this.#first;
    return (this.#cells[at + PREVIOUS]! | ((this.#cells[at + HIGH]! & 0xff) << 16)) - SHIFT;
  }

  #nextOf(member: number): number {
    const at = member * this.#stride + this.#first;
    return (this.#cells[at + NEXT]! | ((this.#cells[at + HIGH]! >>> 8) << 16)) - SHIFT;
  }

  #link(member: number, previous: number, next: number): void {
    const at = member * this.#stride + this.#first;
    const cells = this.#cells;
    cells[at + PREVIOUS] = previous + SHIFT;
    cells[at + NEXT] = next + SHIFT;
    cells[at + HIGH] = ((previous + SHIFT) >>> 16) | (((next + SHIFT) >>> 16) << 8);
  }

  #setPrevious(member: number, previous: number): void {
    const at = member * this.#stride + this.#first;
    const cells = this.#cells;
    cells[at + PREVIOUS] = previous + SHIFT;
    cells[at + HIGH] = (cells[at + HIGH]! & 0xff00) | ((previous + SHIFT) >>> 16);
  }

  #setNext(member: number, next: number): void {
    const at = member * this.#stride + this.#first;
    const cells = this.#cells;
    cells[at + NEXT] = next + SHIFT;
    cells[at + HIGH] = (cells[at + HIGH]! & 0xff) | (((next + SHIFT) >>> 16) << 8);
  }

  #timeOf(member: number): number {
    if (this.#times !== null) return this.#times[member]!;
    const at = member * this.#stride + this.#first + TIME;
    coarseWords[0] = this.#cells[at]!;
    coarseWords[1] = this.#cells[at + 1]!;
    return coarseTime[0]!;
  }

  #setTime(member: number, atMs: number): void {
    if (this.#times !== null) {
      this.#times[member] = atMs;
      return;
    }
    const at = member * this.#stride + this.#first + TIME;
    coarseTime[0] = atMs;
    this.#cells[at] = coarseWords[0]!;
    this.#cells[at + 1] = coarseWords[1]!;
  }
}

// Members (small whole numbers: places in someone's arrays) in the order in which they were last touched, so that
// whoever is due is found at the front without looking at the others. A doubly linked list laid over typed arrays.
// Times are monotonic milliseconds, never wall time: a jump of the system's clock moves nothing here.
import { assert } from './assert.ts';

export const NOBODY = -1;
/** Marks a member that is not in the queue. */
const ABSENT = -2;

type Times = Float64Array | Float32Array;
type Links = Int16Array | Int32Array;

/** Up to so many members two bytes a link suffice. */
const SHORT_LINKS_MAX = 0x8000;

export class TimeoutQueue {
  #previous: Links;
  #next: Links;
  #touchedAtMs: Times;
  #oldest = NOBODY;
  #latest = NOBODY;
  #count = 0;

  /**
   * Members are 0 to `capacity` - 1. `isCoarse` halves the memory of their times, which are then right to a millisecond
   * for some hours and to a second after months.
   */
  constructor(capacity: number, isCoarse = false) {
    this.#previous = linksFor(capacity).fill(ABSENT);
    this.#next = linksFor(capacity).fill(ABSENT);
    this.#touchedAtMs = isCoarse ? new Float32Array(capacity) : new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get capacity(): number {
    return this.#next.length;
  }

  /** The member touched longest ago, or NOBODY. */
  get oldest(): number {
    return this.#oldest;
  }

  has(member: number): boolean {
    return this.#next[member] !== ABSENT;
  }

  /** Only of members that are in. -Infinity: never. */
  touchedAtMs(member: number): number {
    assert(this.has(member), 'only a member of the queue has a time');
    return this.#touchedAtMs[member]!;
  }

  /** Puts `member` at the end, from wherever it was or from outside. */
  touch(member: number, nowMs: number): void {
    const latestMs = this.#latest === NOBODY ? -Infinity : this.#touchedAtMs[this.#latest]!;
    const isCoarse = this.#touchedAtMs instanceof Float32Array;
    const atMs = isCoarse ? Math.fround(nowMs) : nowMs;
    assert(atMs >= latestMs, 'a monotonic clock does not go back');
    if (this.has(member)) this.remove(member);
    this.#touchedAtMs[member] = atMs;
    this.#previous[member] = this.#latest;
    this.#next[member] = NOBODY;
    if (this.#latest === NOBODY) this.#oldest = member;
    else this.#next[this.#latest] = member;
    this.#latest = member;
    this.#count++;
  }

  /** Puts a new `member` at the front, as one that was never touched. */
  addUntouched(member: number): void {
    assert(!this.has(member), 'the member is in the queue already');
    this.#touchedAtMs[member] = -Infinity;
    this.#previous[member] = NOBODY;
    this.#next[member] = this.#oldest;
    if (this.#oldest === NOBODY) this.#latest = member;
    else this.#previous[this.#oldest] = member;
    this.#oldest = member;
    this.#count++;
  }

  remove(member: number): void {
    assert(this.has(member), 'only a member of the queue can leave it');
    const previous = this.#previous[member]!;
    const next = this.#next[member]!;
    if (previous === NOBODY) this.#oldest = next;
    else this.#next[previous] = next;
    if (next === NOBODY) this.#latest = previous;
    else this.#previous[next] = previous;
    this.#previous[member] = ABSENT;
    this.#next[member] = ABSENT;
    this.#count--;
  }

  /** `member` keeps its turn and its time under the name `to`, which must be free. */
  rename(member: number, to: number): void {
    assert(this.has(member) && !this.has(to), 'a member takes a name that is free');
    const previous = this.#previous[member]!;
    const next = this.#next[member]!;
    this.#previous[to] = previous;
    this.#next[to] = next;
    this.#touchedAtMs[to] = this.#touchedAtMs[member]!;
    if (previous === NOBODY) this.#oldest = to;
    else this.#next[previous] = to;
    if (next === NOBODY) this.#latest = to;
    else this.#previous[next] = to;
    this.#previous[member] = ABSENT;
    this.#next[member] = ABSENT;
  }

  grow(capacity: number): void {
    assert(capacity >= this.capacity, 'the queue only grows');
    const from = this.capacity;
    this.#previous = enlarged(this.#previous, linksFor(capacity));
    this.#next = enlarged(this.#next, linksFor(capacity));
    this.#previous.fill(ABSENT, from);
    this.#next.fill(ABSENT, from);
    const times = this.#touchedAtMs;
    this.#touchedAtMs = enlarged(
      times,
      times instanceof Float32Array ? new Float32Array(capacity) : new Float64Array(capacity),
    );
  }

  /** Members from the oldest to the latest. The queue must not change meanwhile. */
  *members(): Iterable<number> {
    for (let member = this.#oldest; member !== NOBODY; member = this.#next[member]!) yield member;
  }

  checkInvariants(): void {
    let previous = NOBODY;
    let seen = 0;
    for (const member of this.members()) {
      assert(this.#previous[member] === previous, 'links of the queue agree in both directions');
      assert(
        previous === NOBODY || this.#touchedAtMs[previous]! <= this.#touchedAtMs[member]!,
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
}

function linksFor(capacity: number): Links {
  return capacity <= SHORT_LINKS_MAX ? new Int16Array(capacity) : new Int32Array(capacity);
}

function enlarged<Column extends Links | Times>(from: Column, into: Column): Column {
  into.set(from);
  return into;
}

// A binary heap whose members know their place, so that one whose key changed, or that left, is found in O(1) and
// sifted in O(log n) instead of going stale (the user's note: "heap entry needs to be updated when new nodes are
// added/removed"). A member may sit in several heaps at once, each keeping its place in a field of its own.
import { assert } from './assert.ts';

/** The place of a member that is in no heap. */
export const NOT_IN_HEAP = -1;

export class IndexedHeap<Member extends Record<Field, number>, Field extends string> {
  readonly #members: Member[] = [];
  readonly #field: Field;
  readonly #compare: (a: Member, b: Member) => number;

  /** `compare` is negative when `a` comes out first; `field` names where a member keeps its place (start: NOT_IN_HEAP). */
  constructor(field: Field, compare: (a: Member, b: Member) => number) {
    this.#field = field;
    this.#compare = compare;
  }

  get size(): number {
    return this.#members.length;
  }

  /** The member that comes out first, or null when the heap is empty. */
  top(): Member | null {
    return this.#members[0] ?? null;
  }

  has(member: Member): boolean {
    const place = this.#placeOf(member);
    return place >= 0 && this.#members[place] === member;
  }

  push(member: Member): void {
    assert(this.#placeOf(member) === NOT_IN_HEAP, 'the member is in a heap already');
    this.#put(member, this.#members.length);
    this.#siftUp(this.#placeOf(member));
  }

  /** Takes out and returns the first, or null when the heap is empty. */
  pop(): Member | null {
    const top = this.#members[0];
    if (top === undefined) return null;
    this.remove(top);
    return top;
  }

  /** The last member takes the hole, then finds its own place. */
  remove(member: Member): void {
    assert(this.has(member), 'only a member of this heap can be removed from it');
    const hole = this.#placeOf(member);
    const last = this.#members.pop()!;
    this.#setPlace(member, NOT_IN_HEAP);
    if (last === member) return;
    this.#put(last, hole);
    this.update(last);
  }

  /** To be called after anything that `compare` reads has changed in `member`. */
  update(member: Member): void {
    assert(this.has(member), 'only a member of this heap can be updated in it');
    this.#siftUp(this.#placeOf(member));
    this.#siftDown(this.#placeOf(member));
  }

  clear(): void {
    for (const member of this.#members) this.#setPlace(member, NOT_IN_HEAP);
    this.#members.length = 0;
  }

  /** Every member, in no useful order. The heap must not change meanwhile. */
  values(): IterableIterator<Member> {
    return this.#members.values();
  }

  checkInvariants(): void {
    this.#members.forEach((member, place) => {
      assert(
        this.#placeOf(member) === place,
        `a heap member believes it sits at ${this.#placeOf(member)}, not ${place}`,
      );
      const parent = this.#members[(place - 1) >> 1]!;
      assert(place === 0 || this.#compare(parent, member) <= 0, `heap order is broken at place ${place}`);
    });
  }

  #siftUp(from: number): void {
    const member = this.#members[from]!;
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#members[parentPlace]!;
      if (this.#compare(parent, member) <= 0) break;
      this.#put(parent, place);
      place = parentPlace;
    }
    if (place !== from) this.#put(member, place);
  }

  #siftDown(from: number): void {
    const member = this.#members[from]!;
    const count = this.#members.length;
    let place = from;
    for (;;) {
      let childPlace = 2 * place + 1;
      if (childPlace >= count) break;
      const right = childPlace + 1;
      if (right < count && this.#compare(this.#members[right]!, this.#members[childPlace]!) < 0) childPlace = right;
      const child = this.#members[childPlace]!;
      if (this.#compare(member, child) <= 0) break;
      this.#put(child, place);
      place = childPlace;
    }
    if (place !== from) this.#put(member, place);
  }

  #put(member: Member, place: number): void {
    this.#members[place] = member;
    this.#setPlace(member, place);
  }

  #placeOf(member: Member): number {
    return member[this.#field];
  }

  #setPlace(member: Member, place: number): void {
    (member as Record<Field, number>)[this.#field] = place;
  }
}

// Members of two heaps at once, as the heaps' tests want them.
import { NOT_IN_HEAP } from '../../main/base/indexed-heap.ts';

export interface Member {
  key: number;
  place: number;
  otherPlace: number;
}

export const byKey = (a: Member, b: Member): number => a.key - b.key;
export const newMember = (key: number): Member => ({ key, place: NOT_IN_HEAP, otherPlace: NOT_IN_HEAP });

// R8 of the user's notes: the order of the queue is the order of touching, whatever happens in between.
import { describe, expect, test } from 'vitest';
import { COARSE_WORDS, TimeoutQueue } from '../../main/base/timeout-queue.ts';

describe('timeout queue', () => {
  test('a member under another name keeps its turn and its time, wherever it stands', () => {
    for (const renamed of [0, 1, 2]) {
      const queue = new TimeoutQueue(4);
      for (const member of [0, 1, 2]) queue.touch(member, member);
      queue.rename(renamed, 3);
      queue.checkInvariants();
      expect([...queue.members()]).toEqual([0, 1, 2].map((member) => (member === renamed ? 3 : member)));
      expect(queue.touchedAtMs(3)).toBe(renamed);
      expect(() => queue.rename(renamed, 3)).toThrow('free');
    }
  });

  test('growing keeps order and times, and adds room', () => {
    const queue = new TimeoutQueue(2);
    queue.touch(1, 5);
    queue.touch(0, 6);
    queue.grow(10);
    queue.touch(9, 7);
    queue.checkInvariants();
    expect([...queue.members()]).toEqual([1, 0, 9]);
    expect(queue.has(5)).toBe(false);
  });

  test('growing beyond what two bytes can name keeps every link', () => {
    const queue = new TimeoutQueue(32_768, true);
    for (const member of [32_767, 0, 16_000]) queue.touch(member, 1);
    queue.grow(70_000);
    queue.touch(69_999, 2);
    queue.checkInvariants();
    expect([...queue.members()]).toEqual([32_767, 0, 16_000, 69_999]);
  });

  test('members beyond what two bytes number keep both neighbours, whoever comes and goes beside them', () => {
    const queue = new TimeoutQueue(200_000, true);
    const members = [199_999, 70_000, 3, 65_533, 65_534, 131_072, 9];
    members.forEach((member, turn) => queue.touch(member, turn));
    queue.addUntouched(140_000);
    queue.checkInvariants();
    queue.remove(3);
    queue.touch(70_000, 10);
    queue.rename(65_534, 150_000);
    queue.checkInvariants();
    expect([...queue.members()]).toEqual([140_000, 199_999, 65_533, 150_000, 131_072, 9, 70_000]);
  });

  test('in memory of somebody else it keeps to its own words of each member', () => {
    const stride = COARSE_WORDS + 3;
    const words = new Uint16Array(4 * stride);
    const theirs = (memory: Uint16Array) => memory.filter((_, at) => at % stride < 2 || at % stride === stride - 1);
    for (let at = 0; at < words.length; at++) if (at % stride < 2 || at % stride === stride - 1) words[at] = 0xabcd;
    const queue = new TimeoutQueue(4, true, { words, stride, first: 2 });
    for (const member of [3, 0, 2]) queue.touch(member, member === 3 ? 1 : 2);
    const grown = new Uint16Array(6 * stride);
    grown.set(words);
    queue.grow(6, grown);
    queue.addUntouched(5);
    queue.remove(0);
    queue.checkInvariants();
    expect([...queue.members()]).toEqual([5, 3, 2]);
    expect(queue.touchedAtMs(2)).toBe(2);
    expect(new Set(theirs(grown.subarray(0, 4 * stride)))).toEqual(new Set([0xabcd]));
  });

  test('mistakes of its users crash: time that goes back, strangers, twice the same', () => {
    const queue = new TimeoutQueue(3);
    queue.touch(0, 10);
    expect(() => queue.touch(1, 9)).toThrow('go back');
    expect(() => queue.remove(2)).toThrow('member');
    expect(() => queue.touchedAtMs(2)).toThrow('member');
    expect(() => queue.addUntouched(0)).toThrow('already');
  });
});

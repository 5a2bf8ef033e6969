// Sets of rows of one segment, one bit a row: 65,536 rows are 8 KiB, so that clearing and combining costs microseconds.

export const wordsFor = (rowCount: number): number => (rowCount + 31) >>> 5;

export const isSet = (bits: Uint32Array, row: number): boolean => (bits[row >>> 5]! & (1 << (row & 31))) !== 0;

export function setBit(bits: Uint32Array, row: number): void {
  bits[row >>> 5]! |= 1 << (row & 31);
}

export function clearBit(bits: Uint32Array, row: number): void {
  bits[row >>> 5]! &= ~(1 << (row & 31));
}

/** Every one of `rowCount` rows; the spare bits of the last word stay clear. */
export function fillAll(bits: Uint32Array, rowCount: number): void {
  bits.fill(0xffff_ffff);
  const spare = rowCount & 31;
  if (spare !== 0) bits[bits.length - 1] = 2 ** spare - 1;
}

export function keepBits(bits: Uint32Array, others: Uint32Array): void {
  for (let word = 0; word < bits.length; word++) bits[word]! &= others[word]!;
}

export function dropBits(bits: Uint32Array, others: Uint32Array): void {
  for (let word = 0; word < bits.length; word++) bits[word]! &= ~others[word]!;
}

export function addBits(bits: Uint32Array, others: Uint32Array): void {
  for (let word = 0; word < bits.length; word++) bits[word]! |= others[word]!;
}

/** Clears the rows outside [from, to). */
export function keepSpan(bits: Uint32Array, from: number, to: number): void {
  const firstWord = from >>> 5;
  const lastWord = to >>> 5;
  bits.fill(0, 0, firstWord);
  if (firstWord < bits.length) bits[firstWord]! &= ~0 << (from & 31);
  if (lastWord < bits.length) bits[lastWord]! &= ~(~0 << (to & 31));
  bits.fill(0, lastWord + 1);
}

export function bitCount(bits: Uint32Array): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) count += onesOf(bits[word]!);
  return count;
}

export function bitCountOfBoth(bits: Uint32Array, others: Uint32Array): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) count += onesOf(bits[word]! & others[word]!);
  return count;
}

/** The usual sum in parallel: pairs of bits, groups of four, bytes. */
function onesOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

// The keys KRPC knows, told from their bytes without making a string: one table look-up and one comparison a key.
// Keys get their numbers in the order of their bytes, so a rising number also means that a dictionary is sorted.
import { assert } from '../base/assert.ts';

/** A key that is not in the table. */
export const KEY_UNKNOWN = 0;

export class KeyTable {
  /** By length and first byte: the first number whose key may be it. Zero: none. */
  private readonly candidates: Uint8Array;
  /** By number; [0] stands for none. */
  private readonly keys: readonly Uint8Array[];
  /** By number: the next number with the same length and first byte, or 0. */
  private readonly nextCandidates: Uint8Array;
  private readonly lengthMax: number;

  /** `keys` are ASCII and sorted; `keys[0]` gets the number 1. */
  constructor(keys: readonly string[]) {
    this.keys = [new Uint8Array(0), ...keys.map((key) => new Uint8Array(Buffer.from(key, 'latin1')))];
    this.lengthMax = Math.max(...keys.map((key) => key.length));
    this.candidates = new Uint8Array((this.lengthMax + 1) << 8);
    this.nextCandidates = new Uint8Array(keys.length + 1);
    for (let number = keys.length; number >= 1; number--) {
      const key = keys[number - 1]!;
      assert(number === 1 || keys[number - 2]! < key, 'keys are sorted');
      const slot = (key.length << 8) | key.charCodeAt(0);
      this.nextCandidates[number] = this.candidates[slot]!;
      this.candidates[slot] = number;
    }
  }

  /** The number of the key in `length` bytes from `start` on, or KEY_UNKNOWN. */
  identify(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0 || length > this.lengthMax) return KEY_UNKNOWN;
    let number = this.candidates[(length << 8) | bytes[start]!]!;
    while (number !== KEY_UNKNOWN) {
      const key = this.keys[number]!;
      let index = 1;
      while (index < length && bytes[start + index] === key[index]) index++;
      if (index === length) break;
      number = this.nextCandidates[number]!;
    }
    return number;
  }
}

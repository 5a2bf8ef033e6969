// A string or number of a datagram as one machine word: two small facts in one result, with no state and no garbage.
// Only what is written plainly is understood; the rest, malformed or merely odd, is for the BencodeScanner to judge.

/** Holds any offset and length in a datagram (DATAGRAM_BYTES_MAX is 4096). */
export const PACKED_BITS = 13;
export const PACKED_MASK = (1 << PACKED_BITS) - 1;
/** A length is read while it is below this, so that it never has more than four digits. */
const ANOTHER_DIGIT_BELOW = 1000;
const INTEGER_DIGITS_MAX = 5;

const LETTER_E = 0x65;
const LETTER_I = 0x69;
const DIGIT_0 = 0x30;
const COLON_AS_DIGIT = 0x3a - DIGIT_0;

/**
 * The string whose length begins at `at`: offset of its bytes << PACKED_BITS | their number. Or -1: there is none, it does
 * not fit before `end` (at most PACKED_MASK), or its length is written with a leading zero.
 */
export function packedStringAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  let length = bytes[at]! - DIGIT_0;
  if (length < 0 || length > 9) return -1;
  for (let next = at + 1; next < end; next++) {
    const digit = bytes[next]! - DIGIT_0;
    if (digit === COLON_AS_DIGIT) return next + length < end ? ((next + 1) << PACKED_BITS) | length : -1;
    if (digit < 0 || digit > 9 || length === 0 || length >= ANOTHER_DIGIT_BELOW) return -1;
    length = length * 10 + digit;
  }
  return -1;
}

/**
 * The number at `at`: its value << PACKED_BITS | the offset behind its `e`. Or -1: there is none, or it is not written as
 * one to five digits. Five, because 99,999 << 13 is the most that stays below 2^30.
 */
export function packedIntegerAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end || bytes[at] !== LETTER_I) return -1;
  let value = bytes[at + 1]! - DIGIT_0;
  if (value < 0 || value > 9) return -1;
  const digitsEnd = at + 1 + INTEGER_DIGITS_MAX;
  for (let next = at + 2; next < end; next++) {
    const byte = bytes[next]!;
    if (byte === LETTER_E) return (value << PACKED_BITS) | (next + 1);
    const digit = byte - DIGIT_0;
    if (digit < 0 || digit > 9 || value === 0 || next >= digitsEnd) return -1;
    value = value * 10 + digit;
  }
  return -1;
}

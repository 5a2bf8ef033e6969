// A bencode tokenizer over [start, end) of a byte array (BEP 3, "bencoding"): one token a call, offsets only.
// It builds no values and copies nothing, so a hostile length or depth costs a comparison, never memory. It is iterative,
// checks the grammar (keys are strings, no key without a value) and never throws: the first problem ends the scan.
// Not here: what the keys mean (krpc-codec.ts, info-dictionary.ts).
import { assert } from '../base/assert.ts';

/** Why the bytes are not one bencoded value. */
export type ScanProblem =
  | 'truncated'
  | 'too-deep'
  | 'too-many-tokens'
  | 'string-past-end'
  | 'string-length-digits'
  | 'bad-string-length'
  | 'bad-integer'
  | 'key-not-a-string'
  | 'missing-value'
  | 'unexpected-byte';

/** `scanner.problem` says why; every further call answers the same. */
export const TOKEN_MALFORMED = 0;
export const TOKEN_DICTIONARY = 1;
export const TOKEN_LIST = 2;
/** The end of the innermost dictionary or list. */
export const TOKEN_CLOSE = 3;
/** A string in the place of a key: `dataStart`, `dataLength`. */
export const TOKEN_KEY = 4;
export const TOKEN_STRING = 5;
/** `integer`, `isIntegerSafe`. */
export const TOKEN_INTEGER = 6;
/** One whole value was read; `position` is the byte after it. Bytes behind it are the caller's business. */
export const TOKEN_END = 7;
export type Token = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface ScanLimits {
  /** Dictionaries and lists inside each other; the outermost counts as 1. */
  readonly depthMax: number;
  /** Every token counts, closing ones too. */
  readonly tokensMax: number;
  /** Digits before the colon of a string, leading zeros included. */
  readonly lengthDigitsMax: number;
}

/** protocol.md 4.1; libtorrent decodes a datagram with the same depth and number of tokens. */
export const KRPC_SCAN_LIMITS: ScanLimits = { depthMax: 10, tokensMax: 500, lengthDigitsMax: 6 };
/** protocol.md 2.6: metadata has at most 10 MiB, and 10485760 has 8 digits. */
export const METADATA_SCAN_LIMITS: ScanLimits = { depthMax: 100, tokensMax: 1_000_000, lengthDigitsMax: 8 };

// What may come next in the innermost container.
const EXPECTS_ITEM = 0;
const EXPECTS_KEY = 1;
const EXPECTS_VALUE = 2;
/** The one outermost value. */
const EXPECTS_ONE = 3;
const EXPECTS_NOTHING = 4;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const MINUS = 0x2d;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;

const NO_BYTES = new Uint8Array(0);

/** Reusable: `begin` makes it new. Callers read the fields and write none. */
export class BencodeScanner {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** The byte after the last token; never beyond `end`. */
  position = 0;
  /** The first byte of the last token, its length digits, `i`, `d` or `l` included. */
  tokenStart = 0;
  /** Payload of the last TOKEN_KEY or TOKEN_STRING. */
  dataStart = 0;
  dataLength = 0;
  /** Value of the last TOKEN_INTEGER, held at +-MAX_SAFE_INTEGER when `isIntegerSafe` is false. */
  integer = 0;
  isIntegerSafe = true;
  /** Some number so far was written as `i03e`, `i-0e` or `02:ab`: libtorrent's soft error. The value is still right. */
  hasLeadingZeros = false;
  /** Open dictionaries and lists. */
  depth = 0;
  tokenCount = 0;
  problem: ScanProblem | null = null;
  readonly depthMax: number;
  readonly tokensMax: number;
  readonly lengthDigitsMax: number;
  /** `depth` outside the value. */
  private baseDepth = 0;
  /** What the innermost open container expects next. */
  private expected = EXPECTS_ONE;
  /** `end` while there is more to read, 0 once the value is complete or a problem was found. */
  private stopAt = 0;
  /** What the containers around it expected when it was opened, the outermost first. */
  private readonly outer: Uint8Array;

  constructor(limits: ScanLimits) {
    this.depthMax = limits.depthMax;
    this.tokensMax = limits.tokensMax;
    this.lengthDigitsMax = limits.lengthDigitsMax;
    this.outer = new Uint8Array(limits.depthMax);
  }

  /** Sets out to read one value from `bytes[start]` on, looking at nothing from `end` on. */
  begin(bytes: Uint8Array, start = 0, end = bytes.length): void {
    assert(start >= 0 && start <= end && end <= bytes.length, 'a scan stays inside its bytes');
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.position = start;
    this.tokenStart = start;
    this.dataStart = start;
    this.dataLength = 0;
    this.hasLeadingZeros = false;
    this.depth = 0;
    this.baseDepth = 0;
    this.tokenCount = 0;
    this.problem = null;
    this.expected = EXPECTS_ONE;
    this.stopAt = end;
  }

  /**
   * Goes on with the one value at `at`, which lies inside `depth` containers that the caller reads itself (it then adds
   * their tokens to `tokenCount`). Limits and flags count on.
   */
  jumpTo(at: number, depth: number): void {
    this.position = at;
    this.depth = depth;
    this.baseDepth = depth;
    this.expected = EXPECTS_ONE;
    this.stopAt = this.end;
  }

  next(): Token {
    const at = this.position;
    if (at >= this.stopAt) return this.stop();
    if (this.tokenCount >= this.tokensMax) return this.fail('too-many-tokens');
    this.tokenCount++;
    this.tokenStart = at;
    const byte = this.bytes[at]!;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) return this.readString(byte - DIGIT_0);
    if (byte === LETTER_E) return this.close();
    if (this.expected === EXPECTS_KEY) return this.fail('key-not-a-string');
    if (byte === LETTER_I) return this.readInteger();
    if (byte === LETTER_D) return this.open(EXPECTS_KEY, TOKEN_DICTIONARY);
    if (byte === LETTER_L) return this.open(EXPECTS_ITEM, TOKEN_LIST);
    return this.fail('unexpected-byte');
  }

  /**
   * Reads one whole value, however deep, and answers its last token. The value starts where `position` stood.
   * TOKEN_CLOSE with a smaller `depth` than before means that there was no value but the end of the container.
   */
  skipValue(): Token {
    const token = this.next();
    return token === TOKEN_DICTIONARY || token === TOKEN_LIST ? this.skipRest() : token;
  }

  /** Reads on to the end of the innermost open container. */
  skipRest(): Token {
    const depth = this.depth;
    let token: Token = TOKEN_CLOSE;
    while (this.depth >= depth && this.depth > this.baseDepth && token !== TOKEN_MALFORMED) token = this.next();
    return token;
  }

  /** Whether the last key or string is `text` (ASCII). */
  dataIs(text: string): boolean {
    const length = text.length;
    if (this.dataLength !== length) return false;
    const bytes = this.bytes;
    const start = this.dataStart;
    for (let index = 0; index < length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  checkInvariants(): void {
    assert(0 <= this.start && this.start <= this.end && this.end <= this.bytes.length, 'scan range inside the bytes');
    assert(this.start <= this.position && this.position <= this.end, 'position inside the range');
    assert(this.start <= this.tokenStart && this.tokenStart <= this.end, 'token inside the range');
    assert(this.start <= this.dataStart && this.dataStart + this.dataLength <= this.end, 'data inside the range');
    assert(this.depth >= 0 && this.depth <= this.depthMax, 'depth within its limit');
    assert(this.tokenCount <= this.tokensMax, 'tokens within their limit');
    assert(Number.isSafeInteger(this.integer), 'integers are safe');
  }

  private readString(firstDigit: number): Token {
    const bytes = this.bytes;
    const end = this.end;
    const first = this.tokenStart;
    let at = first + 1;
    let length = firstDigit;
    for (;;) {
      if (at >= end) return this.fail('truncated');
      const digit = bytes[at++]! - DIGIT_0;
      if (digit >= 0 && digit <= 9) {
        length = length * 10 + digit;
        if (at - first > this.lengthDigitsMax) return this.fail('string-length-digits');
      } else if (digit === COLON - DIGIT_0) break;
      else return this.fail('bad-string-length');
    }
    if (length > end - at) return this.fail('string-past-end');
    if (firstDigit === 0 && at - first > 2) this.hasLeadingZeros = true;
    this.dataStart = at;
    this.dataLength = length;
    this.position = at + length;
    if (this.expected === EXPECTS_KEY) {
      this.expected = EXPECTS_VALUE;
      return TOKEN_KEY;
    }
    this.valueRead();
    return TOKEN_STRING;
  }

  private valueRead(): void {
    const expected = this.expected;
    if (expected === EXPECTS_VALUE) this.expected = EXPECTS_KEY;
    else if (expected === EXPECTS_ONE) {
      this.expected = EXPECTS_NOTHING;
      this.stopAt = 0;
    }
  }

  private readInteger(): Token {
    const bytes = this.bytes;
    const end = this.end;
    let at = this.tokenStart + 1;
    const isNegative = at < end && bytes[at] === MINUS;
    if (isNegative) at++;
    const firstDigitAt = at;
    let value = 0;
    this.isIntegerSafe = true;
    for (;;) {
      if (at >= end) return this.fail('truncated');
      const byte = bytes[at++]!;
      if (byte === LETTER_E) break;
      if (byte < DIGIT_0 || byte > DIGIT_9) return this.fail('bad-integer');
      value = value * 10 + (byte - DIGIT_0);
      // Rounding cannot bring a too large product below 2^53, and from here on it is pinned: any number of digits is fine.
      if (value > Number.MAX_SAFE_INTEGER) {
        value = Number.MAX_SAFE_INTEGER;
        this.isIntegerSafe = false;
      }
    }
    const digitCount = at - 1 - firstDigitAt;
    if (digitCount === 0) return this.fail('bad-integer');
    if (bytes[firstDigitAt] === DIGIT_0 && (digitCount > 1 || isNegative)) this.hasLeadingZeros = true;
    // `0 - value`, because `-value` would make -0 of 0.
    this.integer = isNegative ? 0 - value : value;
    this.position = at;
    this.valueRead();
    return TOKEN_INTEGER;
  }

  private open(expected: number, token: Token): Token {
    if (this.depth >= this.depthMax) return this.fail('too-deep');
    this.outer[this.depth++] = this.expected;
    this.expected = expected;
    this.position++;
    return token;
  }

  private close(): Token {
    if (this.depth === this.baseDepth) return this.fail('unexpected-byte');
    if (this.expected === EXPECTS_VALUE) return this.fail('missing-value');
    this.expected = this.outer[--this.depth]!;
    this.position++;
    this.valueRead();
    return TOKEN_CLOSE;
  }

  /** Nothing more is read: the value is complete, or the scan failed, or the bytes ran out just now. */
  private stop(): Token {
    if (this.problem !== null) return TOKEN_MALFORMED;
    return this.expected === EXPECTS_NOTHING ? TOKEN_END : this.fail('truncated');
  }

  private fail(problem: ScanProblem): Token {
    this.problem = problem;
    this.stopAt = 0;
    return TOKEN_MALFORMED;
  }
}

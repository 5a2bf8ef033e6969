import { describe, expect, test } from 'vitest';
import type { ScanLimits, ScanProblem } from '../../main/wire/bencode-scanner.ts';
import {
  BencodeScanner,
  KRPC_SCAN_LIMITS,
  METADATA_SCAN_LIMITS,
  TOKEN_CLOSE,
  TOKEN_DICTIONARY,
  TOKEN_END,
  TOKEN_INTEGER,
  TOKEN_KEY,
  TOKEN_LIST,
  TOKEN_MALFORMED,
  TOKEN_STRING,
} from '../../main/wire/bencode-scanner.ts';
import { latin1 } from '../fixtures/bep-examples.ts';

const NAMES = ['malformed', 'd', 'l', 'close', 'key', 'string', 'integer', 'end'];

/** The tokens of `bytes` as text: `d key:a string:bc close end`. */
function scan(bytes: Uint8Array, limits: ScanLimits = KRPC_SCAN_LIMITS, start = 0, end = bytes.length): string {
  const scanner = new BencodeScanner(limits);
  scanner.begin(bytes, start, end);
  const words: string[] = [];
  for (;;) {
    const token = scanner.next();
    scanner.checkInvariants();
    let word = NAMES[token]!;
    const text = () =>
      Array.from({ length: scanner.dataLength }, (_, at) => String.fromCharCode(bytes[scanner.dataStart + at]!)).join(
        '',
      );
    if (token === TOKEN_KEY || token === TOKEN_STRING) word += `:${text()}`;
    if (token === TOKEN_INTEGER) word += `:${scanner.integer}`;
    if (token === TOKEN_MALFORMED) word += `:${scanner.problem}`;
    words.push(word);
    if (token === TOKEN_MALFORMED || token === TOKEN_END) {
      expect(scanner.next(), 'the last answer is repeated').toBe(token);
      return words.join(' ');
    }
  }
}

function problemOf(text: string, limits = KRPC_SCAN_LIMITS): ScanProblem | null {
  const scanner = new BencodeScanner(limits);
  scanner.begin(latin1(text));
  let token = scanner.next();
  while (token !== TOKEN_MALFORMED && token !== TOKEN_END) token = scanner.next();
  scanner.checkInvariants();
  return scanner.problem;
}

describe('what is read', () => {
  test.each([
    ['0:', 'string: end'],
    ['4:spam', 'string:spam end'],
    ['i42e', 'integer:42 end'],
    ['i-42e', 'integer:-42 end'],
    ['i0e', 'integer:0 end'],
    ['le', 'l close end'],
    ['de', 'd close end'],
    ['l4:spami7ee', 'l string:spam integer:7 close end'],
    ['d3:bar4:spam3:fooi42ee', 'd key:bar string:spam key:foo integer:42 close end'],
    ['d1:ad1:bl1:c1:dee1:ei1ee', 'd key:a d key:b l string:c string:d close close key:e integer:1 close end'],
    ['ll1:aelee', 'l l string:a close l close close end'],
    ['d0:0:e', 'd key: string: close end'],
    ['d9:__proto__1:x11:constructor1:ye', 'd key:__proto__ string:x key:constructor string:y close end'],
    ['4:d1:ei9e', 'string:d1:e end'],
  ])('%s', (text, tokens) => {
    expect(scan(latin1(text))).toBe(tokens);
  });

  test('bytes behind the value are left alone, and `position` stands on the first of them', () => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1('d1:a1:bexyz'));
    while (scanner.next() !== TOKEN_END);
    expect(scanner.position).toBe(8);
  });

  test('offsets name the token, its payload, and the byte after it', () => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1('d4:key112:hello, worlde'));
    expect(scanner.next()).toBe(TOKEN_DICTIONARY);
    expect(scanner.next()).toBe(TOKEN_KEY);
    expect([scanner.tokenStart, scanner.dataStart, scanner.dataLength, scanner.position]).toEqual([1, 3, 4, 7]);
    expect(scanner.dataIs('key1')).toBe(true);
    expect(scanner.dataIs('key')).toBe(false);
    expect(scanner.dataIs('key2')).toBe(false);
    expect(scanner.next()).toBe(TOKEN_STRING);
    expect([scanner.tokenStart, scanner.dataStart, scanner.dataLength, scanner.position]).toEqual([7, 10, 12, 22]);
  });
});

describe('what is refused', () => {
  test.each<[string, ScanProblem]>([
    ['', 'truncated'],
    ['d', 'truncated'],
    ['d1:a', 'truncated'],
    ['l1:a', 'truncated'],
    ['12', 'truncated'],
    ['i12', 'truncated'],
    ['i', 'truncated'],
    ['4:spa', 'string-past-end'],
    ['99999:', 'string-past-end'],
    ['99999999:', 'string-length-digits'],
    ['10000000000000000000:', 'string-length-digits'],
    ['0000002:ab', 'string-length-digits'],
    ['1x:a', 'bad-string-length'],
    ['1-:a', 'bad-string-length'],
    ['-1:x', 'unexpected-byte'],
    ['i--1e', 'bad-integer'],
    ['ie', 'bad-integer'],
    ['i-e', 'bad-integer'],
    ['i e', 'bad-integer'],
    ['i1.5e', 'bad-integer'],
    ['i+1e', 'bad-integer'],
    ['i1 e', 'bad-integer'],
    ['di1e1:ae', 'key-not-a-string'],
    ['dle1:ae', 'key-not-a-string'],
    ['dde1:ae', 'key-not-a-string'],
    ['d1:ae', 'missing-value'],
    ['d1:a1:b1:ce', 'missing-value'],
    ['e', 'unexpected-byte'],
    ['x', 'unexpected-byte'],
    ['l\0e', 'unexpected-byte'],
  ])('%j: %s', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  test.each([
    ['i03e', 3],
    ['i-0e', 0],
    ['i-03e', -3],
    ['i00e', 0],
  ])('%s is read, and flagged', (text, value) => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1(text));
    expect(scanner.next()).toBe(TOKEN_INTEGER);
    expect(Object.is(scanner.integer, value)).toBe(true);
    expect(scanner.hasLeadingZeros).toBe(true);
  });

  test('a length with leading zeros is read, and flagged; 0 and 10 are not', () => {
    const flag = (text: string) => {
      const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
      scanner.begin(latin1(text));
      expect(scanner.next()).toBe(TOKEN_STRING);
      return scanner.hasLeadingZeros;
    };
    expect([flag('02:ab'), flag('00:'), flag('0:'), flag('10:abcdefghij')]).toEqual([true, true, false, false]);
  });

  test.each([
    ['i9007199254740991e', 9007199254740991, true],
    ['i-9007199254740991e', -9007199254740991, true],
    ['i9007199254740992e', Number.MAX_SAFE_INTEGER, false],
    ['i9007199254740993e', Number.MAX_SAFE_INTEGER, false],
    ['i-9223372036854775808e', -Number.MAX_SAFE_INTEGER, false],
    [`i${'9'.repeat(400)}e`, Number.MAX_SAFE_INTEGER, false],
  ])('%s is held inside the safe integers', (text, value, isSafe) => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1(text));
    expect(scanner.next()).toBe(TOKEN_INTEGER);
    expect([scanner.integer, scanner.isIntegerSafe]).toEqual([value, isSafe]);
  });
});

describe('limits', () => {
  const nested = (depth: number) => 'l'.repeat(depth) + 'e'.repeat(depth);

  test('depth 10 for KRPC, 100 for metadata', () => {
    expect(problemOf(nested(10))).toBeNull();
    expect(problemOf(nested(11))).toBe('too-deep');
    expect(problemOf('l'.repeat(700))).toBe('too-deep');
    expect(problemOf(nested(100), METADATA_SCAN_LIMITS)).toBeNull();
    expect(problemOf(nested(101), METADATA_SCAN_LIMITS)).toBe('too-deep');
    expect(problemOf('d1:a'.repeat(11))).toBe('too-deep');
  });

  test('500 tokens for KRPC, a million for metadata', () => {
    const list = (count: number) => `l${'0:'.repeat(count - 2)}e`;
    expect(problemOf(list(500))).toBeNull();
    expect(problemOf(list(501))).toBe('too-many-tokens');
    expect(problemOf(list(1_000_000), METADATA_SCAN_LIMITS)).toBeNull();
    expect(problemOf(list(1_000_001), METADATA_SCAN_LIMITS)).toBe('too-many-tokens');
  });

  test('a string of 10 MiB is one token for metadata and refused for KRPC', () => {
    const bytes = new Uint8Array(10_485_760 + 9);
    bytes.set(latin1('10485760:'));
    expect(scan(bytes.subarray(0, 20), METADATA_SCAN_LIMITS)).toBe('malformed:string-past-end');
    const scanner = new BencodeScanner(METADATA_SCAN_LIMITS);
    scanner.begin(bytes);
    expect(scanner.next()).toBe(TOKEN_STRING);
    expect(scanner.dataLength).toBe(10_485_760);
    expect(scan(bytes)).toBe('malformed:string-length-digits');
  });
});

describe('skipping', () => {
  test('skipValue reads one value, however deep, and answers its last token', () => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1('ld1:ali1el2:bbeee3:endi7ee'));
    expect(scanner.next()).toBe(TOKEN_LIST);
    expect(scanner.skipValue()).toBe(TOKEN_CLOSE);
    expect(scanner.depth).toBe(1);
    expect(scanner.skipValue()).toBe(TOKEN_STRING);
    expect(scanner.dataIs('end')).toBe(true);
    expect(scanner.skipValue()).toBe(TOKEN_INTEGER);
    expect(scanner.skipValue(), 'the end of the list itself').toBe(TOKEN_CLOSE);
    expect(scanner.depth).toBe(0);
  });

  test('skipRest reads on to the end of the innermost container, its inner ones included', () => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1('d1:al1:bl1:cee1:d1:ee'));
    scanner.next();
    scanner.next();
    expect(scanner.next()).toBe(TOKEN_LIST);
    expect(scanner.skipRest()).toBe(TOKEN_CLOSE);
    expect(scanner.depth).toBe(1);
    expect(scanner.next()).toBe(TOKEN_KEY);
    expect(scanner.dataIs('d')).toBe(true);
    expect(scanner.skipRest()).toBe(TOKEN_CLOSE);
    expect(scanner.next()).toBe(TOKEN_END);
  });

  test.each(['l', 'd1:ald1:b', 'd1:a5:abc'])('both stop at a problem: %s', (text) => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1(text));
    expect(scanner.skipValue()).toBe(TOKEN_MALFORMED);
    expect(scanner.skipRest()).toBe(TOKEN_MALFORMED);
  });
});

describe('nothing outside [start, end) is looked at', () => {
  /** A view that notes the lowest and highest index ever read. */
  function watched(bytes: Uint8Array): { view: Uint8Array; lowest: () => number; highest: () => number } {
    let lowest = Infinity;
    let highest = -1;
    const view = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) {
          lowest = Math.min(lowest, Number(key));
          highest = Math.max(highest, Number(key));
        }
        return Reflect.get(target, key, target) as unknown;
      },
    });
    return { view, lowest: () => lowest, highest: () => highest };
  }

  const inner = 'd2:abl1:xi-12ee4:names0:e';
  const dirty = latin1(`9:zzzzzzzz1${inner.slice(0, -6)}5:names3:xyzee99:1:1:i9e`);

  test.each(Array.from({ length: 18 }, (_, length) => length))(
    'a value cut after %i bytes, inside a dirty buffer',
    (length) => {
      const start = 11;
      const { view, lowest, highest } = watched(dirty);
      const cut = scan(view, KRPC_SCAN_LIMITS, start, start + length);
      expect(cut).toBe(scan(dirty.slice(start, start + length)));
      expect(cut).toContain('malformed');
      if (length > 0) expect(lowest()).toBe(start);
      expect(highest()).toBeLessThan(start + length);
    },
  );

  test('a range outside the bytes is a mistake of the caller', () => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    expect(() => scanner.begin(new Uint8Array(4), 0, 5)).toThrow('inside its bytes');
    expect(() => scanner.begin(new Uint8Array(4), 3, 2)).toThrow('inside its bytes');
  });
});

describe('jumping, for a caller who reads the outer containers itself', () => {
  test('one value is read there, then the scan is over', () => {
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    scanner.begin(latin1('d1:ali1e02:xxe1:b3:fooe'));
    scanner.jumpTo(4, 1);
    expect(scanner.skipValue()).toBe(TOKEN_CLOSE);
    expect([scanner.position, scanner.depth, scanner.hasLeadingZeros]).toEqual([14, 1, true]);
    expect(scanner.next()).toBe(TOKEN_END);
    scanner.jumpTo(17, 1);
    expect(scanner.next()).toBe(TOKEN_STRING);
    expect(scanner.dataIs('foo')).toBe(true);
    scanner.jumpTo(22, 1);
    expect(scanner.next(), 'the end of a container that is not ours').toBe(TOKEN_MALFORMED);
  });

  test('depth and tokens count on', () => {
    const scanner = new BencodeScanner({ depthMax: 3, tokensMax: 5, lengthDigitsMax: 6 });
    scanner.begin(latin1('lleeleelee'));
    scanner.jumpTo(0, 1);
    expect(scanner.skipValue()).toBe(TOKEN_CLOSE);
    expect(scanner.tokenCount).toBe(4);
    scanner.jumpTo(4, 1);
    expect(scanner.skipValue()).toBe(TOKEN_MALFORMED);
    expect(scanner.problem).toBe('too-many-tokens');
    scanner.begin(latin1('llee'));
    scanner.jumpTo(0, 2);
    expect(scanner.skipValue()).toBe(TOKEN_MALFORMED);
    expect(scanner.problem).toBe('too-deep');
  });
});

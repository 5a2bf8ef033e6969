// The fields of `a` (arguments of a query) and `r` (a response), read into a KrpcMessage: shapes checked, offsets kept.
// One list of fields serves both, since a datagram says only after its body which of the two it meant.
// A field of the wrong shape is left out and noted; only broken bencode stops the reading.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { TOKEN_INTEGER, TOKEN_LIST, TOKEN_MALFORMED, TOKEN_STRING } from './bencode-scanner.ts';
import type { BencodeScanner, Token } from './bencode-scanner.ts';
import { NODE4_BYTES, NODE6_BYTES } from './compact-contacts.ts';
import { KEY_UNKNOWN, KeyTable } from './krpc-keys.ts';
import { BLOOM_BYTES, SAMPLE_INTERVAL_SECONDS_MAX, SAMPLES_BYTES_MAX } from './krpc-message.ts';
import type { KrpcMessage, KrpcOddity } from './krpc-message.ts';
import { PACKED_BITS, PACKED_MASK, packedIntegerAt, packedStringAt } from './packed-token.ts';

const FIELD_BLOOM_PEERS = 1;
const FIELD_BLOOM_SEEDS = 2;
const FIELD_ID = 3;
const FIELD_IMPLIED_PORT = 4;
const FIELD_INFOHASH = 5;
const FIELD_INTERVAL = 6;
const FIELD_NODES = 7;
const FIELD_NODES6 = 8;
const FIELD_NO_SEED = 9;
const FIELD_NUM = 10;
const FIELD_PORT = 11;
const FIELD_SAMPLES = 12;
const FIELD_SCRAPE = 13;
const FIELD_SEED = 14;
const FIELD_TARGET = 15;
const FIELD_TOKEN = 16;
const FIELD_VALUES = 17;
const FIELD_WANT = 18;

/** In the order of the numbers above, with what to note when the value has the wrong shape. */
const FIELDS: readonly { readonly key: string; readonly oddity: KrpcOddity }[] = [
  { key: 'BFpe', oddity: 'bad-bloom' },
  { key: 'BFsd', oddity: 'bad-bloom' },
  { key: 'id', oddity: 'bad-id' },
  { key: 'implied_port', oddity: 'wrong-type' },
  { key: 'info_hash', oddity: 'bad-infohash' },
  { key: 'interval', oddity: 'wrong-type' },
  { key: 'nodes', oddity: 'bad-nodes' },
  { key: 'nodes6', oddity: 'bad-nodes6' },
  { key: 'noseed', oddity: 'wrong-type' },
  { key: 'num', oddity: 'bad-num' },
  { key: 'port', oddity: 'bad-port' },
  { key: 'samples', oddity: 'bad-samples' },
  { key: 'scrape', oddity: 'wrong-type' },
  { key: 'seed', oddity: 'wrong-type' },
  { key: 'target', oddity: 'bad-target' },
  { key: 'token', oddity: 'wrong-type' },
  { key: 'values', oddity: 'bad-values' },
  { key: 'want', oddity: 'wrong-type' },
];
const KEYS = new KeyTable(FIELDS.map((field) => field.key));
const PORT_MAX = 65_535;
const LETTER_E = 0x65;
const LETTER_L = 0x6c;
/** A body's values lie in the outer dictionary and in the body. */
const BODY_DEPTH = 2;

/**
 * Reads the dictionary at `start` and returns the offset behind it, or -1 when it is malformed. What is written plainly is
 * read here, everything else by `scanner`, which has begun on the same datagram and counts the tokens of both.
 */
export function readBody(scanner: BencodeScanner, into: KrpcMessage, start: number): number {
  const { bytes, end } = scanner;
  let at = start + 1;
  let seen = 0;
  let previousField = KEY_UNKNOWN;
  let previous = -1;
  scanner.tokenCount += 2;
  for (;;) {
    if (at < end && bytes[at] === LETTER_E) return at + 1;
    const key = stringAt(scanner, bytes, at, end);
    if (key === -1) return -1;
    const keyStart = key >>> PACKED_BITS;
    const keyLength = key & PACKED_MASK;
    const field = KEYS.identify(bytes, keyStart, keyLength);
    if (previous !== -1 && (previousField === KEY_UNKNOWN || field <= previousField)) noteKeyOrder(into, previous, key);
    previousField = field;
    previous = key;
    const isRepeated = (seen & (1 << field)) !== 0;
    seen |= (1 << field) & ~1;
    if (isRepeated) into.noteOddity('duplicate-key');
    at = readFieldValue(scanner, into, isRepeated ? KEY_UNKNOWN : field, keyStart + keyLength);
    if (at === -1) return -1;
  }
}

/** Reads the value at `at`, keeps it if `field` is known and wants it, and returns the offset behind it, or -1. */
function readFieldValue(scanner: BencodeScanner, into: KrpcMessage, field: number, at: number): number {
  const packed = packedStringAt(scanner.bytes, at, scanner.end);
  if (packed !== -1) {
    const dataStart = packed >>> PACKED_BITS;
    const dataLength = packed & PACKED_MASK;
    scanner.tokenCount++;
    if (field !== KEY_UNKNOWN && !keepString(into, field, dataStart, dataLength)) noteBad(into, field);
    return dataStart + dataLength;
  }
  const packedInteger = packedIntegerAt(scanner.bytes, at, scanner.end);
  if (packedInteger !== -1) {
    scanner.tokenCount++;
    if (field !== KEY_UNKNOWN && !keepInteger(into, field, packedInteger >>> PACKED_BITS, true)) noteBad(into, field);
    return packedInteger & PACKED_MASK;
  }
  const stringsEnd = field === FIELD_VALUES ? endOfStrings(scanner, at) : -1;
  if (stringsEnd !== -1) {
    into.valuesStart = at;
    into.valuesEnd = stringsEnd;
    return stringsEnd;
  }
  return readOther(scanner, into, field, at);
}

/** readFieldValue for what is not written plainly, or is a container. */
function readOther(scanner: BencodeScanner, into: KrpcMessage, field: number, at: number): number {
  scanner.jumpTo(at, BODY_DEPTH);
  if (field === FIELD_WANT) return readWant(scanner, into) ? scanner.position : -1;
  const token = scanner.skipValue();
  if (token === TOKEN_MALFORMED) return -1;
  if (field === KEY_UNKNOWN) return scanner.position;
  const isKept =
    token === TOKEN_INTEGER
      ? keepInteger(into, field, scanner.integer, scanner.isIntegerSafe)
      : token === TOKEN_STRING
        ? keepString(into, field, scanner.dataStart, scanner.dataLength)
        : keepContainer(scanner, into, field, at);
  if (!isKept) noteBad(into, field);
  return scanner.position;
}

/** The offset behind the list at `at` if it holds nothing but plainly written strings, as `values` does, else -1. */
function endOfStrings(scanner: BencodeScanner, at: number): number {
  const { bytes, end } = scanner;
  if (at >= end || bytes[at] !== LETTER_L) return -1;
  let next = at + 1;
  let tokenCount = 2;
  while (next < end && bytes[next] !== LETTER_E) {
    const packed = packedStringAt(bytes, next, end);
    if (packed === -1) return -1;
    next = (packed >>> PACKED_BITS) + (packed & PACKED_MASK);
    tokenCount++;
  }
  if (next >= end) return -1;
  scanner.tokenCount += tokenCount;
  return next + 1;
}

function noteBad(into: KrpcMessage, field: number): void {
  into.noteOddity(FIELDS[field - 1]!.oddity);
}

/** A key as packed string, however it is written, or -1. */
export function stringAt(scanner: BencodeScanner, bytes: Uint8Array, at: number, end: number): number {
  const packed = packedStringAt(bytes, at, end);
  if (packed === -1) return unusualStringAt(scanner, at);
  scanner.tokenCount++;
  return packed;
}

function unusualStringAt(scanner: BencodeScanner, at: number): number {
  scanner.jumpTo(at, BODY_DEPTH);
  return scanner.next() === TOKEN_STRING ? (scanner.dataStart << PACKED_BITS) | scanner.dataLength : -1;
}

/** Notes when `key` does not come after `previous`, both packed strings, as raw bytes (BEP 3). */
export function noteKeyOrder(into: KrpcMessage, previous: number, key: number): void {
  const { bytes } = into;
  const previousStart = previous >>> PACKED_BITS;
  const previousLength = previous & PACKED_MASK;
  const keyStart = key >>> PACKED_BITS;
  const keyLength = key & PACKED_MASK;
  const sharedLength = Math.min(previousLength, keyLength);
  for (let index = 0; index < sharedLength; index++) {
    const difference = bytes[keyStart + index]! - bytes[previousStart + index]!;
    if (difference > 0) return;
    if (difference < 0) return into.noteOddity('unsorted-keys');
  }
  if (keyLength < previousLength) into.noteOddity('unsorted-keys');
  else if (keyLength === previousLength) into.noteOddity('duplicate-key');
}

/** Keeps a string if the field wants one of this length. */
function keepString(into: KrpcMessage, field: number, start: number, length: number): boolean {
  switch (field) {
    case FIELD_ID:
      if (length === IDENTIFIER_BYTES) into.idStart = start;
      return length === IDENTIFIER_BYTES;
    case FIELD_TARGET:
      if (length === IDENTIFIER_BYTES) into.targetStart = start;
      return length === IDENTIFIER_BYTES;
    case FIELD_INFOHASH:
      if (length === IDENTIFIER_BYTES) into.infohashStart = start;
      return length === IDENTIFIER_BYTES;
    case FIELD_NODES:
      if (length % NODE4_BYTES !== 0) return false;
      into.nodesStart = start;
      into.nodesLength = length;
      return true;
    case FIELD_NODES6:
      if (length % NODE6_BYTES !== 0) return false;
      into.nodes6Start = start;
      into.nodes6Length = length;
      return true;
    case FIELD_SAMPLES:
      if (length % IDENTIFIER_BYTES !== 0 || length > SAMPLES_BYTES_MAX) return false;
      into.samplesStart = start;
      into.samplesLength = length;
      return true;
    case FIELD_TOKEN:
      into.tokenStart = start;
      into.tokenLength = length;
      return true;
    case FIELD_BLOOM_SEEDS:
      if (length === BLOOM_BYTES) into.bloomSeedsStart = start;
      return length === BLOOM_BYTES;
    case FIELD_BLOOM_PEERS:
      if (length === BLOOM_BYTES) into.bloomPeersStart = start;
      return length === BLOOM_BYTES;
    default:
      return false;
  }
}

/** Keeps a number if the field wants one in this range. */
function keepInteger(into: KrpcMessage, field: number, value: number, isSafe: boolean): boolean {
  switch (field) {
    case FIELD_INTERVAL:
      into.intervalSeconds = value < 0 ? 0 : value > SAMPLE_INTERVAL_SECONDS_MAX ? SAMPLE_INTERVAL_SECONDS_MAX : value;
      if (into.intervalSeconds !== value) into.noteOddity('interval-out-of-range');
      return true;
    case FIELD_NUM:
      if (value >= 0 && isSafe) into.num = value;
      return into.num !== -1;
    case FIELD_PORT:
      if (value >= 1 && value <= PORT_MAX) into.port = value;
      return into.port !== -1;
    case FIELD_IMPLIED_PORT:
      into.impliedPort = value !== 0;
      return true;
    case FIELD_SCRAPE:
      into.wantsScrape = value !== 0;
      return true;
    case FIELD_NO_SEED:
      into.wantsNoSeeds = value !== 0;
      return true;
    case FIELD_SEED:
      into.isSeed = value !== 0;
      return true;
    default:
      return false;
  }
}

/** `values` is the only list kept; what is in it, toReply looks at. */
function keepContainer(scanner: BencodeScanner, into: KrpcMessage, field: number, start: number): boolean {
  if (field !== FIELD_VALUES || scanner.bytes[start] !== LETTER_L) return false;
  into.valuesStart = start;
  into.valuesEnd = scanner.position;
  return true;
}

/** BEP 32: a list of strings; what is neither n4 nor n6 is for somebody else. */
function readWant(scanner: BencodeScanner, into: KrpcMessage): boolean {
  const depth = scanner.depth;
  let token: Token = scanner.next();
  if (token !== TOKEN_LIST) into.noteOddity('wrong-type');
  const isList = token === TOKEN_LIST;
  while (token !== TOKEN_MALFORMED && scanner.depth > depth) {
    token = scanner.next();
    if (!isList || token !== TOKEN_STRING || scanner.depth !== depth + 1) continue;
    if (scanner.dataIs('n4')) into.wantsNodes4 = true;
    else if (scanner.dataIs('n6')) into.wantsNodes6 = true;
  }
  return token !== TOKEN_MALFORMED;
}

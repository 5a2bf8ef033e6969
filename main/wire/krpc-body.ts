// The fields of `a` (arguments of a query) and `r` (a response), read into a KrpcMessage: shapes checked, offsets kept.
// One list of fields serves both, since a datagram says only after its body which of the two it meant.
// A field of the wrong shape is left out and noted; only broken bencode stops the reading.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { TOKEN_CLOSE, TOKEN_INTEGER, TOKEN_KEY, TOKEN_LIST, TOKEN_MALFORMED, TOKEN_STRING } from './bencode-scanner.ts';
import type { BencodeScanner, Token } from './bencode-scanner.ts';
import { NODE4_BYTES, NODE6_BYTES } from './compact-contacts.ts';
import { BLOOM_BYTES, SAMPLE_INTERVAL_SECONDS_MAX, SAMPLES_BYTES_MAX } from './krpc-message.ts';
import type { KrpcMessage, KrpcOddity } from './krpc-message.ts';

const FIELD_UNKNOWN = 0;
const FIELD_ID = 1;
const FIELD_TARGET = 2;
const FIELD_INFOHASH = 3;
const FIELD_NODES = 4;
const FIELD_NODES6 = 5;
const FIELD_VALUES = 6;
const FIELD_SAMPLES = 7;
const FIELD_INTERVAL = 8;
const FIELD_NUM = 9;
const FIELD_TOKEN = 10;
const FIELD_PORT = 11;
const FIELD_IMPLIED_PORT = 12;
const FIELD_SCRAPE = 13;
const FIELD_WANT = 14;
const FIELD_BLOOM_SEEDS = 15;
const FIELD_BLOOM_PEERS = 16;

/** Reads the rest of a dictionary just opened, its end included; false when the scanner found a problem. */
export function readBody(scanner: BencodeScanner, into: KrpcMessage): boolean {
  let seen = 0;
  let keyStart = -1;
  let keyLength = 0;
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE) return true;
    if (token !== TOKEN_KEY) return false;
    if (keyStart !== -1) noteKeyOrder(scanner, into, keyStart, keyLength);
    keyStart = scanner.dataStart;
    keyLength = scanner.dataLength;
    const field = identifyField(scanner);
    const isFirst = field === FIELD_UNKNOWN || (seen & (1 << field)) === 0;
    seen |= 1 << field;
    if (field === FIELD_UNKNOWN || !isFirst) {
      if (!isFirst) into.noteOddity('duplicate-key');
      if (scanner.skipValue() === TOKEN_MALFORMED) return false;
    } else if (!readField(scanner, into, field)) return false;
  }
}

/** Notes when the key just read does not come after the one before it, as raw bytes (BEP 3). */
export function noteKeyOrder(scanner: BencodeScanner, into: KrpcMessage, keyStart: number, keyLength: number): void {
  const { bytes, dataStart, dataLength } = scanner;
  const sharedLength = keyLength < dataLength ? keyLength : dataLength;
  for (let index = 0; index < sharedLength; index++) {
    const difference = bytes[dataStart + index]! - bytes[keyStart + index]!;
    if (difference > 0) return;
    if (difference < 0) return into.noteOddity('unsorted-keys');
  }
  if (dataLength < keyLength) into.noteOddity('unsorted-keys');
  else if (dataLength === keyLength) into.noteOddity('duplicate-key');
}

function identifyField(scanner: BencodeScanner): number {
  switch (scanner.dataLength) {
    case 2:
      return scanner.dataIs('id') ? FIELD_ID : FIELD_UNKNOWN;
    case 3:
      return scanner.dataIs('num') ? FIELD_NUM : FIELD_UNKNOWN;
    case 4:
      if (scanner.dataIs('port')) return FIELD_PORT;
      if (scanner.dataIs('want')) return FIELD_WANT;
      if (scanner.dataIs('BFsd')) return FIELD_BLOOM_SEEDS;
      return scanner.dataIs('BFpe') ? FIELD_BLOOM_PEERS : FIELD_UNKNOWN;
    case 5:
      if (scanner.dataIs('nodes')) return FIELD_NODES;
      return scanner.dataIs('token') ? FIELD_TOKEN : FIELD_UNKNOWN;
    case 6:
      if (scanner.dataIs('target')) return FIELD_TARGET;
      if (scanner.dataIs('values')) return FIELD_VALUES;
      if (scanner.dataIs('nodes6')) return FIELD_NODES6;
      return scanner.dataIs('scrape') ? FIELD_SCRAPE : FIELD_UNKNOWN;
    case 7:
      return scanner.dataIs('samples') ? FIELD_SAMPLES : FIELD_UNKNOWN;
    case 8:
      return scanner.dataIs('interval') ? FIELD_INTERVAL : FIELD_UNKNOWN;
    case 9:
      return scanner.dataIs('info_hash') ? FIELD_INFOHASH : FIELD_UNKNOWN;
    case 12:
      return scanner.dataIs('implied_port') ? FIELD_IMPLIED_PORT : FIELD_UNKNOWN;
    default:
      return FIELD_UNKNOWN;
  }
}

function readField(scanner: BencodeScanner, into: KrpcMessage, field: number): boolean {
  const valueStart = scanner.position;
  if (field === FIELD_WANT) return readWant(scanner, into);
  const token = scanner.skipValue();
  if (token === TOKEN_MALFORMED) return false;
  if (field === FIELD_VALUES) {
    if (scanner.bytes[valueStart] === 0x6c) {
      into.valuesStart = valueStart;
      into.valuesEnd = scanner.position;
    } else into.noteOddity('bad-values');
  } else if (isNumberField(field)) {
    if (token === TOKEN_INTEGER) keepInteger(scanner, into, field);
    else into.noteOddity('wrong-type');
  } else keepString(scanner, into, field, token === TOKEN_STRING);
  return true;
}

function isNumberField(field: number): boolean {
  return (
    field === FIELD_INTERVAL ||
    field === FIELD_NUM ||
    field === FIELD_PORT ||
    field === FIELD_IMPLIED_PORT ||
    field === FIELD_SCRAPE
  );
}

function keepInteger(scanner: BencodeScanner, into: KrpcMessage, field: number): void {
  const value = scanner.integer;
  switch (field) {
    case FIELD_INTERVAL:
      into.intervalSeconds = Math.max(0, Math.min(value, SAMPLE_INTERVAL_SECONDS_MAX));
      if (into.intervalSeconds !== value) into.noteOddity('interval-out-of-range');
      break;
    case FIELD_NUM:
      if (value >= 0 && scanner.isIntegerSafe) into.num = value;
      else into.noteOddity('integer-out-of-range');
      break;
    case FIELD_PORT:
      if (value >= 1 && value <= 65_535) into.port = value;
      else into.noteOddity('integer-out-of-range');
      break;
    case FIELD_IMPLIED_PORT:
      into.impliedPort = value !== 0;
      break;
    case FIELD_SCRAPE:
      into.wantsScrape = value !== 0;
      break;
  }
}

function keepString(scanner: BencodeScanner, into: KrpcMessage, field: number, isString: boolean): void {
  // -1 fails every test of a length below but the token's.
  const length = isString ? scanner.dataLength : -1;
  const start = scanner.dataStart;
  switch (field) {
    case FIELD_ID:
      into.idStart = keepIf(into, length === IDENTIFIER_BYTES, start, 'bad-id');
      break;
    case FIELD_TARGET:
      into.targetStart = keepIf(into, length === IDENTIFIER_BYTES, start, 'bad-target');
      break;
    case FIELD_INFOHASH:
      into.infohashStart = keepIf(into, length === IDENTIFIER_BYTES, start, 'bad-infohash');
      break;
    case FIELD_NODES:
      into.nodesStart = keepIf(into, length % NODE4_BYTES === 0, start, 'bad-nodes');
      into.nodesLength = into.nodesStart === -1 ? 0 : length;
      break;
    case FIELD_NODES6:
      into.nodes6Start = keepIf(into, length % NODE6_BYTES === 0, start, 'bad-nodes6');
      into.nodes6Length = into.nodes6Start === -1 ? 0 : length;
      break;
    case FIELD_SAMPLES:
      into.samplesStart = keepIf(
        into,
        length % IDENTIFIER_BYTES === 0 && length <= SAMPLES_BYTES_MAX,
        start,
        'bad-samples',
      );
      into.samplesLength = into.samplesStart === -1 ? 0 : length;
      break;
    case FIELD_TOKEN:
      into.tokenStart = keepIf(into, isString, start, 'wrong-type');
      into.tokenLength = isString ? length : 0;
      break;
    case FIELD_BLOOM_SEEDS:
      into.bloomSeedsStart = keepIf(into, length === BLOOM_BYTES, start, 'bad-bloom');
      break;
    case FIELD_BLOOM_PEERS:
      into.bloomPeersStart = keepIf(into, length === BLOOM_BYTES, start, 'bad-bloom');
      break;
  }
}

function keepIf(into: KrpcMessage, isGood: boolean, start: number, oddity: KrpcOddity): number {
  if (isGood) return start;
  into.noteOddity(oddity);
  return -1;
}

/** BEP 32: a list of strings; what is neither n4 nor n6 is for somebody else. */
function readWant(scanner: BencodeScanner, into: KrpcMessage): boolean {
  const depth = scanner.depth;
  let token: Token = scanner.next();
  if (token !== TOKEN_LIST) into.noteOddity('wrong-type');
  while (token !== TOKEN_MALFORMED && scanner.depth > depth) {
    token = scanner.next();
    if (token !== TOKEN_STRING || scanner.depth !== depth + 1) continue;
    if (scanner.dataIs('n4')) into.wantsNodes4 = true;
    else if (scanner.dataIs('n6')) into.wantsNodes6 = true;
  }
  return token !== TOKEN_MALFORMED;
}

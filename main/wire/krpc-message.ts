// One parsed KRPC message (BEP 5, 32, 33, 42, 43, 51) as a reusable view: offsets into the datagram, no copies.
// It is valid until the next decode into it, and no longer than the datagram's buffer holds the same bytes.
// Every offset pair lies inside `bytes` and has the length its name promises; checkInvariants() says it in code.
import { assert } from '../base/assert.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { NODE4_BYTES, NODE6_BYTES, PEER4_BYTES, PEER6_BYTES } from './compact-contacts.ts';
import type { ScanProblem } from './bencode-scanner.ts';

export type KrpcKind = 'query' | 'response' | 'error';
export type KrpcMethod = 'ping' | 'find_node' | 'get_peers' | 'announce_peer' | 'sample_infohashes' | 'unknown';

/** Why a datagram is dropped without an answer. */
export type MalformedReason =
  | ScanProblem
  | 'too-short'
  | 'too-long'
  | 'not-a-dictionary'
  | 'no-transaction-id'
  | 'bad-transaction-id'
  | 'no-kind' //   no `y`
  | 'bad-kind' //  `y` is not one of q, r, e
  | 'no-reply-body' // a response whose `r` is absent or not a dictionary
  | 'bad-reply-id'; //  a response whose `id` is absent or not 20 bytes

/** What is wrong in a datagram that can still be used. The field named is left out, everything else counts. */
export type KrpcOddity =
  | 'trailing-bytes'
  | 'duplicate-key' //  the first one counts
  | 'unsorted-keys'
  | 'leading-zeros'
  | 'wrong-type' //     a known field of another type than its BEP says
  | 'bad-id'
  | 'bad-target'
  | 'bad-infohash'
  | 'bad-nodes' //      not a string, or not n x 26 bytes
  | 'bad-nodes6'
  | 'nodes-outside-reply'
  | 'bad-values'
  | 'bad-values-element'
  | 'bad-samples' //    not a string, not n x 20 bytes, or above SAMPLES_BYTES_MAX
  | 'zero-sample'
  | 'repeated-sample'
  | 'interval-missing' // next to samples
  | 'interval-out-of-range' // clamped
  | 'num-missing' //    next to samples
  | 'bad-num' //        not a number, below 0 or above 2^53
  | 'bad-port'
  | 'bad-ip'
  | 'bad-version'
  | 'bad-bloom'
  | 'bad-error'
  | 'two-bodies' //     both `a` and `r`
  | 'port-zero'
  | 'too-many-nodes'
  | 'too-many-values';

/** A datagram cannot name more kinds of trouble than this; the rest is not kept. */
export const ODDITIES_MAX = 16;
/** protocol.md 4.1: our own ids have 4 bytes, the longest seen has 20. An empty one is legal (Transmission). */
export const TRANSACTION_ID_BYTES_MAX = 32;
/** BEP 51: "interval" lies between 0 and 21600 seconds (6 hours). */
export const SAMPLE_INTERVAL_SECONDS_MAX = 21_600;
/** protocol.md 4.1: more than 51 samples are not an honest reply (everybody sends at most 20). */
export const SAMPLES_BYTES_MAX = 1024;
/** BEP 33: 2048 bits. */
export const BLOOM_BYTES = 256;

const NO_BYTES = new Uint8Array(0);

/** A start of -1 says that the field is absent, or was too odd to use. */
export class KrpcMessage {
  bytes: Uint8Array = NO_BYTES;
  kind: KrpcKind = 'query';
  /** Of queries; `unknown` in responses and errors. */
  method: KrpcMethod = 'unknown';
  /** A query with a usable transaction id, but arguments absent or wrong: may be answered with error 203. */
  hasBadArguments = false;
  oddities: KrpcOddity[] = [];

  transactionIdStart = -1;
  transactionIdLength = 0;
  versionStart = -1;
  versionLength = 0;
  /** Compact contact of 6 or 18 bytes: our address as the sender sees it (BEP 42). */
  ipStart = -1;
  ipLength = 0;
  /** BEP 43: the sender wants to be in nobody's table. */
  isReadOnly = false;
  /** Of errors; -1 when it has none. */
  errorCode = -1;

  /** 20 bytes each. */
  idStart = -1;
  targetStart = -1;
  infohashStart = -1;
  tokenStart = -1;
  tokenLength = 0;
  /** n x 26 bytes. */
  nodesStart = -1;
  nodesLength = 0;
  /** n x 38 bytes. */
  nodes6Start = -1;
  nodes6Length = 0;
  /** The bencoded list itself, `l` to `e`; its elements are judged by toReply. */
  valuesStart = -1;
  valuesEnd = -1;
  /** n x 20 bytes, n may be 0; -1 also when the field was bad. */
  samplesStart = -1;
  samplesLength = 0;
  /** 0 to SAMPLE_INTERVAL_SECONDS_MAX, clamped; -1 absent. */
  intervalSeconds = -1;
  num = -1;
  /** 1 to 65535; -1 absent or out of range. */
  port = -1;
  impliedPort = false;
  /** BEP 33: filters instead of peers; peers that are no seeds; the announcer has all of it. */
  wantsScrape = false;
  wantsNoSeeds = false;
  isSeed = false;
  /** BEP 32 `want`; both false when it is absent: then the family of the transport counts. */
  wantsNodes4 = false;
  wantsNodes6 = false;
  /** BLOOM_BYTES each. */
  bloomSeedsStart = -1;
  bloomPeersStart = -1;

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.kind = 'query';
    this.method = 'unknown';
    this.hasBadArguments = false;
    if (this.oddities.length !== 0) this.oddities.length = 0;
    this.transactionIdStart = -1;
    this.transactionIdLength = 0;
    this.versionStart = -1;
    this.versionLength = 0;
    this.ipStart = -1;
    this.ipLength = 0;
    this.isReadOnly = false;
    this.errorCode = -1;
    this.resetBody();
  }

  /** Forgets what `a` or `r` said. */
  resetBody(): void {
    this.idStart = -1;
    this.targetStart = -1;
    this.infohashStart = -1;
    this.tokenStart = -1;
    this.tokenLength = 0;
    this.nodesStart = -1;
    this.nodesLength = 0;
    this.nodes6Start = -1;
    this.nodes6Length = 0;
    this.valuesStart = -1;
    this.valuesEnd = -1;
    this.samplesStart = -1;
    this.samplesLength = 0;
    this.intervalSeconds = -1;
    this.num = -1;
    this.port = -1;
    this.impliedPort = false;
    this.wantsScrape = false;
    this.wantsNoSeeds = false;
    this.isSeed = false;
    this.wantsNodes4 = false;
    this.wantsNodes6 = false;
    this.bloomSeedsStart = -1;
    this.bloomPeersStart = -1;
  }

  /** Each oddity is kept once. */
  noteOddity(oddity: KrpcOddity): void {
    if (this.oddities.length < ODDITIES_MAX && !this.oddities.includes(oddity)) this.oddities.push(oddity);
  }

  checkInvariants(): void {
    this.checkField('transaction id', this.transactionIdStart, this.transactionIdLength);
    this.checkField('version', this.versionStart, this.versionLength);
    this.checkField('ip', this.ipStart, this.ipLength);
    this.checkField('id', this.idStart, IDENTIFIER_BYTES);
    this.checkField('target', this.targetStart, IDENTIFIER_BYTES);
    this.checkField('infohash', this.infohashStart, IDENTIFIER_BYTES);
    this.checkField('token', this.tokenStart, this.tokenLength);
    this.checkField('nodes', this.nodesStart, this.nodesLength);
    this.checkField('nodes6', this.nodes6Start, this.nodes6Length);
    this.checkField('values', this.valuesStart, this.valuesEnd - this.valuesStart);
    this.checkField('samples', this.samplesStart, this.samplesLength);
    this.checkField('bloom of seeds', this.bloomSeedsStart, BLOOM_BYTES);
    this.checkField('bloom of peers', this.bloomPeersStart, BLOOM_BYTES);
    assert(this.transactionIdLength <= TRANSACTION_ID_BYTES_MAX, 'transaction id within its limit');
    assert([0, PEER4_BYTES, PEER6_BYTES].includes(this.ipLength), 'ip is one compact contact');
    assert(this.nodesLength % NODE4_BYTES === 0 && this.nodes6Length % NODE6_BYTES === 0, 'nodes are whole');
    assert(this.samplesLength % IDENTIFIER_BYTES === 0 && this.samplesLength <= SAMPLES_BYTES_MAX, 'samples are whole');
    assert(this.intervalSeconds >= -1 && this.intervalSeconds <= SAMPLE_INTERVAL_SECONDS_MAX, 'interval is clamped');
    assert(Number.isSafeInteger(this.num) && this.num >= -1, 'num is a count');
    assert(this.port === -1 || (this.port >= 1 && this.port <= 65_535), 'port is a port');
    assert(Number.isSafeInteger(this.errorCode), 'error code is a number');
    assert(this.oddities.length <= ODDITIES_MAX, 'oddities are bounded');
  }

  private checkField(name: string, start: number, length: number): void {
    if (start === -1) return;
    assert(start >= 0 && length >= 0 && start + length <= this.bytes.length, `${name} lies inside the datagram`);
  }
}

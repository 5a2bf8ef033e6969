// Answers to what others ask us: one decoded query in, one encoded answer out (BEP 5, 32, 33, 51; 42's `ip` in every answer).
// Knows no socket, no limits, and not whether we serve at all. On the path of every packet: no promise, no closure, and
// nodes are copied from the table in the form in which they go out.
//
// The rules of get_peers, as we serve it: nodes always (a token alone is an error to some), peers only such as announced
// themselves here, a token unless the store is full, so that announces spill over to our neighbours. Who asks for filters
// (BEP 33) gets them and as many peers as still fit: libtorrent leaves the peers out, and whoever needs some asks twice.
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { NODE4_BYTES, NODE6_BYTES, PEER4_BYTES, PEER6_BYTES } from '../wire/compact-contacts.ts';
import { encodeError, encodeReply, type KrpcMessage, type OutgoingReply } from '../wire/krpc-codec.ts';
import { BLOOM_BYTES, TRANSACTION_ID_BYTES_MAX } from '../wire/krpc-message.ts';
import type { PeerStore } from './peer-store.ts';
import type { RoutingTable } from './routing-table.ts';
import type { SampleSet } from './sample-set.ts';
import type { Tokens } from './tokens.ts';

/** The answer that is being written: one object of one shape for all methods, filled anew for each. */
type Draft = { -readonly [Field in keyof OutgoingReply]-?: OutgoingReply[Field] };

/** BEP 5: K. Eight nodes are 208 bytes, IPv6 ones 304; everybody sends as many of a family. */
const NODES_MAX = 8;
/** BEP 32: payloads up to 1024 bytes. Peers are what gives way. */
const ANSWER_BYTES_WANTED = 1_024;
/** To whom we have never heard an answer from, the address may be forged: about 512 bytes, no more. */
const ANSWER_TO_STRANGERS_BYTES_WANTED = 512;
/** All of an answer to get_peers but transaction id, nodes, filters and peers, at most. */
const ENVELOPE_BYTES = 140;
/** With the length before each. */
const VALUE4_BYTES = 2 + PEER4_BYTES;
const VALUE6_BYTES = 3 + PEER6_BYTES;
/** mldht's 50 peers, fewer if they would not fit. */
const VALUES_MAX = 50;
const VALUES_TO_STRANGERS_MAX = 20;
const PROTOCOL_ERROR = 203;
const METHOD_UNKNOWN = 204;

export interface ResponderParts {
  readonly table: RoutingTable;
  readonly store: PeerStore;
  readonly sampleSet: SampleSet;
  readonly tokens: Tokens;
  /** Of the table and of the transport (BEP 32). */
  readonly family: 4 | 6;
}

export class Responder {
  /** The nodes of the other family, if we are in that DHT too (BEP 32, `want`). */
  siblingTable: RoutingTable | null = null;
  readonly #table: RoutingTable;
  readonly #store: PeerStore;
  readonly #sampleSet: SampleSet;
  readonly #tokens: Tokens;
  readonly #nodes4 = new Uint8Array(NODES_MAX * NODE4_BYTES);
  readonly #nodes4Pairs = new Uint16Array(this.#nodes4.buffer);
  readonly #nodes4Views = viewsOf(this.#nodes4, NODE4_BYTES);
  readonly #nodes6 = new Uint8Array(NODES_MAX * NODE6_BYTES);
  readonly #nodes6Pairs = new Uint16Array(this.#nodes6.buffer);
  readonly #nodes6Views = viewsOf(this.#nodes6, NODE6_BYTES);
  readonly #draft: Draft;
  readonly #transactionId = new Uint8Array(TRANSACTION_ID_BYTES_MAX);
  readonly #transactionIdViews = viewsOf(this.#transactionId, 1);
  readonly #infohash = new Uint8Array(IDENTIFIER_BYTES);
  readonly #isV6: boolean;
  readonly #valueBytes: number;

  constructor(parts: ResponderParts) {
    this.#isV6 = parts.family === 6;
    this.#valueBytes = this.#isV6 ? VALUE6_BYTES : VALUE4_BYTES;
    this.#table = parts.table;
    this.#store = parts.store;
    this.#sampleSet = parts.sampleSet;
    this.#tokens = parts.tokens;
    this.#draft = {
      transactionId: this.#transactionId,
      requester: { host: '', port: 0 },
      id: this.#table.selfId,
      nodes: undefined,
      nodes6: undefined,
      bloomPeers: undefined,
      bloomSeeds: undefined,
      token: undefined,
      values: undefined,
      samples: undefined,
      num: undefined,
      intervalSeconds: undefined,
    };
  }

  /** Writes the answer to `query` into `into` and returns its length. `isProven`: `from` has answered us before. */
  answer(query: KrpcMessage, from: Contact, isProven: boolean, into: Uint8Array, nowMs: number): number {
    if (query.hasBadArguments) return this.#refuse(query, PROTOCOL_ERROR, 'Bad arguments', into);
    const draft = this.#begin(query, from);
    switch (query.method) {
      case 'ping':
        break;
      case 'find_node':
        this.#findNodes(query, query.targetStart, nowMs);
        break;
      case 'get_peers':
        this.#findPeers(query, from, isProven, nowMs);
        break;
      case 'announce_peer':
        if (!this.#announce(query, from)) return this.#refuse(query, PROTOCOL_ERROR, 'Bad token', into);
        break;
      case 'sample_infohashes':
        this.#findNodes(query, query.targetStart, nowMs);
        this.#sample();
        break;
      case 'unknown': {
        // Who invents a method with a target wants to find its neighbourhood (libtorrent answers so too).
        const targetStart = query.targetStart === -1 ? query.infohashStart : query.targetStart;
        if (targetStart === -1) return this.#refuse(query, METHOD_UNKNOWN, 'Method Unknown', into);
        this.#findNodes(query, targetStart, nowMs);
      }
    }
    return encodeReply(into, draft);
  }

  /** The same to a stranger in at most 512 bytes: the nodes of our own family, and of all else what then fits. */
  answerBriefly(query: KrpcMessage, from: Contact, into: Uint8Array, nowMs: number): number {
    query.wantsNodes4 = false;
    query.wantsNodes6 = false;
    query.wantsScrape = false;
    if (query.method !== 'sample_infohashes') return this.answer(query, from, false, into, nowMs);
    const draft = this.#begin(query, from);
    this.#findNodes(query, query.targetStart, nowMs);
    return encodeReply(into, draft);
  }

  /** A new answer to `query`, with what all have. */
  #begin(query: KrpcMessage, from: Contact): Draft {
    const draft = this.#draft;
    draft.transactionId = this.#transactionIdOf(query);
    draft.requester = from;
    draft.id = this.#table.selfId;
    draft.nodes = undefined;
    draft.nodes6 = undefined;
    draft.bloomPeers = undefined;
    draft.bloomSeeds = undefined;
    draft.token = undefined;
    draft.values = undefined;
    draft.samples = undefined;
    draft.num = undefined;
    draft.intervalSeconds = undefined;
    return draft;
  }

  #findPeers(query: KrpcMessage, from: Contact, isProven: boolean, nowMs: number): void {
    this.#findNodes(query, query.infohashStart, nowMs);
    const draft = this.#draft;
    const infohash = copyInto(this.#infohash, query.bytes, query.infohashStart);
    const values = this.#store.peersOf(infohash, this.#valuesMax(query, isProven), query.wantsNoSeeds);
    const filters = query.wantsScrape ? this.#store.filtersOf(infohash) : null;
    draft.bloomPeers = filters?.peers;
    draft.bloomSeeds = filters?.seeds;
    const isSpilling = values === null && this.#store.isFull;
    draft.token = isSpilling ? undefined : this.#tokens.issue(from.host, nowMs);
    // No room is not the same as nobody, which an empty list would say.
    draft.values = values === null || values.length === 0 ? undefined : values;
  }

  /** False: the token is none of ours. */
  #announce(query: KrpcMessage, from: Contact): boolean {
    const token = query.bytes.slice(query.tokenStart, query.tokenStart + query.tokenLength);
    if (!this.#tokens.isValid(from.host, token)) return false;
    const infohash = copyInto(this.#infohash, query.bytes, query.infohashStart);
    this.#store.add(infohash, { host: from.host, port: query.impliedPort ? from.port : query.port }, query.isSeed);
    return true;
  }

  #sample(): void {
    const sampleSet = this.#sampleSet;
    sampleSet.refresh();
    this.#draft.samples = sampleSet.samples;
    this.#draft.num = sampleSet.num;
    this.#draft.intervalSeconds = sampleSet.intervalSeconds;
  }

  #refuse(query: KrpcMessage, code: number, text: string, into: Uint8Array): number {
    return encodeError(into, { transactionId: this.#transactionIdOf(query), code, text });
  }

  /** The nearest good nodes of each family that is wanted, of the transport's if none is named (BEP 32). */
  #findNodes(query: KrpcMessage, targetStart: number, nowMs: number): void {
    const { wantsNodes4, wantsNodes6 } = query;
    const isV6 = this.#isV6;
    const isUnsaid = !wantsNodes4 && !wantsNodes6;
    const table4 = wantsNodes4 || (isUnsaid && !isV6) ? (isV6 ? this.siblingTable : this.#table) : null;
    const table6 = wantsNodes6 || (isUnsaid && isV6) ? (isV6 ? this.#table : this.siblingTable) : null;
    this.#draft.nodes =
      table4 === null
        ? undefined
        : this.#nodes4Views[table4.writeClosest(query.bytes, targetStart, NODES_MAX, this.#nodes4Pairs, nowMs)];
    this.#draft.nodes6 =
      table6 === null
        ? undefined
        : this.#nodes6Views[table6.writeClosest(query.bytes, targetStart, NODES_MAX, this.#nodes6Pairs, nowMs)];
  }

  /** How many peers fit beside the nodes that were found. */
  #valuesMax(query: KrpcMessage, isProven: boolean): number {
    const wantedBytes = isProven || query.wantsScrape ? ANSWER_BYTES_WANTED : ANSWER_TO_STRANGERS_BYTES_WANTED;
    const nodesBytes = (this.#draft.nodes?.length ?? 0) + (this.#draft.nodes6?.length ?? 0);
    const filterBytes = query.wantsScrape ? 2 * BLOOM_BYTES : 0;
    const room = wantedBytes - ENVELOPE_BYTES - query.transactionIdLength - nodesBytes - filterBytes;
    const fitting = Math.max(0, Math.floor(room / this.#valueBytes));
    return Math.min(fitting, isProven ? VALUES_MAX : VALUES_TO_STRANGERS_MAX);
  }

  #transactionIdOf(query: KrpcMessage): Uint8Array {
    const { bytes, transactionIdStart, transactionIdLength } = query;
    for (let index = 0; index < transactionIdLength; index++)
      this.#transactionId[index] = bytes[transactionIdStart + index]!;
    return this.#transactionIdViews[transactionIdLength]!;
  }
}

/** Views of the first n units of one buffer, made once: a view costs more than the bytes it shows. */
function viewsOf(buffer: Uint8Array, unitBytes: number): readonly Uint8Array[] {
  return Array.from({ length: buffer.length / unitBytes + 1 }, (_, count) => buffer.subarray(0, count * unitBytes));
}

/** Fills `into` from `start` on. */
function copyInto(into: Uint8Array, bytes: Uint8Array, start: number): Uint8Array {
  for (let index = 0; index < into.length; index++) into[index] = bytes[start + index]!;
  return into;
}

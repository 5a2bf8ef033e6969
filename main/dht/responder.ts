// Answers to what others ask us: one decoded query in, one encoded answer out (BEP 5, 51; 42's `ip` in every answer).
// Knows no socket, no limits, and not whether we serve at all. On the path of every packet: no promise, no closure, and
// nodes are copied from the table in the form in which they go out.
//
// The rules of get_peers, as we serve it: nodes always (a token alone is an error to some), peers only such as announced
// themselves here, a token unless the store is full, so that announces spill over to our neighbours.
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { NODE4_BYTES } from '../wire/compact-contacts.ts';
import { encodeError, encodeReply, type KrpcMessage } from '../wire/krpc-codec.ts';
import { TRANSACTION_ID_BYTES_MAX } from '../wire/krpc-message.ts';
import type { PeerStore } from './peer-store.ts';
import type { RoutingTable } from './routing-table.ts';
import type { SampleSet } from './sample-set.ts';
import type { Tokens } from './tokens.ts';

/** BEP 5: K. Eight nodes are 208 bytes; everybody sends as many. */
const NODES_MAX = 8;
/** mldht's 50 peers: with nodes and token some 750 bytes (BEP 32: payload up to 1024). */
const VALUES_MAX = 50;
/** To whom we have never heard an answer from, the address may be forged: about 512 bytes, no more. */
const VALUES_TO_STRANGERS_MAX = 20;
const PROTOCOL_ERROR = 203;
const METHOD_UNKNOWN = 204;

export interface ResponderParts {
  readonly table: RoutingTable;
  readonly store: PeerStore;
  readonly sampleSet: SampleSet;
  readonly tokens: Tokens;
  /** The table holds IPv4 nodes; IPv6 ones (BEP 32, `nodes6`) are not given out yet. */
  readonly hasNodes4: boolean;
}

export class Responder {
  readonly #table: RoutingTable;
  readonly #store: PeerStore;
  readonly #sampleSet: SampleSet;
  readonly #tokens: Tokens;
  readonly #nodes = new Uint8Array(NODES_MAX * NODE4_BYTES);
  readonly #nodeViews = viewsOf(this.#nodes, NODE4_BYTES);
  readonly #transactionId = new Uint8Array(TRANSACTION_ID_BYTES_MAX);
  readonly #transactionIdViews = viewsOf(this.#transactionId, 1);
  readonly #infohash = new Uint8Array(IDENTIFIER_BYTES);
  readonly #hasNodes4: boolean;

  constructor(parts: ResponderParts) {
    this.#hasNodes4 = parts.hasNodes4;
    this.#table = parts.table;
    this.#store = parts.store;
    this.#sampleSet = parts.sampleSet;
    this.#tokens = parts.tokens;
  }

  /** Writes the answer to `query` into `into` and returns its length. `isProven`: `from` has answered us before. */
  answer(query: KrpcMessage, from: Contact, isProven: boolean, into: Uint8Array): number {
    if (query.hasBadArguments) return this.#refuse(query, PROTOCOL_ERROR, 'Bad arguments', into);
    const transactionId = this.#transactionIdOf(query);
    switch (query.method) {
      case 'ping':
        return encodeReply(into, { transactionId, requester: from, id: this.#table.selfId });
      case 'find_node':
        return this.#findNode(query, query.targetStart, from, into);
      case 'get_peers':
        return this.#getPeers(query, from, isProven, into);
      case 'announce_peer':
        return this.#announce(query, from, into);
      case 'sample_infohashes':
        return this.#sample(query, from, into);
      case 'unknown': {
        // Who invents a method with a target wants to find its neighbourhood (libtorrent answers so too).
        const targetStart = query.targetStart === -1 ? query.infohashStart : query.targetStart;
        if (targetStart === -1) return this.#refuse(query, METHOD_UNKNOWN, 'Method Unknown', into);
        return this.#findNode(query, targetStart, from, into);
      }
    }
  }

  #findNode(query: KrpcMessage, targetStart: number, from: Contact, into: Uint8Array): number {
    const nodes = this.#nodesFor(query, targetStart);
    const transactionId = this.#transactionIdOf(query);
    return encodeReply(into, { transactionId, requester: from, id: this.#table.selfId, nodes });
  }

  #getPeers(query: KrpcMessage, from: Contact, isProven: boolean, into: Uint8Array): number {
    const transactionId = this.#transactionIdOf(query);
    const nodes = this.#nodesFor(query, query.infohashStart);
    const infohash = copyInto(this.#infohash, query.bytes, query.infohashStart);
    const values = this.#store.peersOf(infohash, isProven ? VALUES_MAX : VALUES_TO_STRANGERS_MAX);
    const id = this.#table.selfId;
    if (values === null && this.#store.isFull) return encodeReply(into, { transactionId, requester: from, id, nodes });
    const token = this.#tokens.issue(from.host);
    if (values === null) return encodeReply(into, { transactionId, requester: from, id, nodes, token });
    return encodeReply(into, { transactionId, requester: from, id, nodes, token, values });
  }

  #announce(query: KrpcMessage, from: Contact, into: Uint8Array): number {
    const token = query.bytes.slice(query.tokenStart, query.tokenStart + query.tokenLength);
    if (!this.#tokens.isValid(from.host, token)) return this.#refuse(query, PROTOCOL_ERROR, 'Bad token', into);
    const infohash = copyInto(this.#infohash, query.bytes, query.infohashStart);
    this.#store.add(infohash, { host: from.host, port: query.impliedPort ? from.port : query.port });
    const transactionId = this.#transactionIdOf(query);
    return encodeReply(into, { transactionId, requester: from, id: this.#table.selfId });
  }

  #sample(query: KrpcMessage, from: Contact, into: Uint8Array): number {
    this.#sampleSet.refresh();
    const { samples, intervalSeconds, num } = this.#sampleSet;
    const nodes = this.#nodesFor(query, query.targetStart);
    const transactionId = this.#transactionIdOf(query);
    const id = this.#table.selfId;
    return encodeReply(into, { transactionId, requester: from, id, nodes, samples, num, intervalSeconds });
  }

  #refuse(query: KrpcMessage, code: number, text: string, into: Uint8Array): number {
    return encodeError(into, { transactionId: this.#transactionIdOf(query), code, text });
  }

  /** The nearest good nodes, none if the asker wants such of the other family only (BEP 32). */
  #nodesFor(query: KrpcMessage, targetStart: number): Uint8Array {
    if (!this.#hasNodes4 || (query.wantsNodes6 && !query.wantsNodes4)) return this.#nodeViews[0]!;
    return this.#nodeViews[this.#table.writeClosest(query.bytes, targetStart, NODES_MAX, this.#nodes)]!;
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

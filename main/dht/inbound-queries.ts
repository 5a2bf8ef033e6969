// What others ask us, from limits to answer. Nothing here is done when we are read-only (BEP 43).
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { Counters } from '../stats/counters.ts';
import type { KrpcMessage } from '../wire/krpc-codec.ts';
import { InboundLimits } from './inbound-limits.ts';
import type { PeerStore } from './peer-store.ts';
import { Responder } from './responder.ts';
import type { RoutingTable } from './routing-table.ts';
import { SampleSet } from './sample-set.ts';
import { holderOf } from './subnet.ts';
import { Tokens } from './tokens.ts';

/** What fits any path. BEP 32 wants payloads up to 1024 bytes; samples with nodes of both families have some 1,100. */
const ANSWER_BYTES_MAX = 1_400;
/** protocol.md 4.1: to who never answered us no more than this or three times the query, but for a few. */
const ANSWER_TO_STRANGERS_BYTES_MAX = 512;
const AMPLIFICATION_MAX = 3;
/** Strangers who ask us may become replacements, a few a second: looking at each would cost more than its answer. */
const STRANGERS_PER_SECOND = 4;
const STRANGERS_BURST = 16;

export interface InboundQueriesParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly table: RoutingTable;
  readonly store: PeerStore;
  readonly family: 4 | 6;
  readonly hasLimits: boolean;
  readonly sampleIntervalSeconds: number | undefined;
  readonly send: (bytes: Uint8Array, contact: Contact, byteCount: number) => void;
}

export class InboundQueries {
  readonly #parts: InboundQueriesParts;
  readonly #responder: Responder;
  readonly #limits: InboundLimits | null;
  readonly #strangers: TokenBucket;
  readonly #answer = new Uint8Array(ANSWER_BYTES_MAX);

  constructor(parts: InboundQueriesParts) {
    const { clock, random, table, store, family, hasLimits, sampleIntervalSeconds } = parts;
    const nowMs = clock.nowMs();
    this.#parts = parts;
    const sampleSet = new SampleSet(store, clock, random, sampleIntervalSeconds);
    this.#responder = new Responder({ table, store, sampleSet, tokens: new Tokens(clock, random), family });
    this.#limits = hasLimits ? new InboundLimits(nowMs) : null;
    this.#strangers = new TokenBucket(STRANGERS_PER_SECOND, STRANGERS_BURST, nowMs);
  }

  /** The nodes of the other family that are given to who wants them (BEP 32); null: we are not in that DHT. */
  set siblingTable(table: RoutingTable | null) {
    this.#responder.siblingTable = table;
  }

  /** `nowMs`: read once for each datagram, as it costs as much as some parts of the answer. */
  receive(query: KrpcMessage, from: Contact, nowMs: number): void {
    const { counters, table, family, send } = this.#parts;
    const holder = family === 6 ? holderOf(from.host) : from.host;
    const refusal = this.#limits?.judgeQuery(holder, nowMs) ?? null;
    if (refusal !== null) {
      counters.dropped.count(refusal);
      return;
    }
    const isKnown = table.heard(from, nowMs);
    let byteCount = this.#responder.answer(query, from, isKnown, this.#answer, nowMs);
    const isLarge =
      byteCount > ANSWER_TO_STRANGERS_BYTES_MAX && byteCount > AMPLIFICATION_MAX * query.bytes.length && !isKnown;
    if (isLarge && this.#limits?.takeLargeAnswer(holder, nowMs) === false) {
      counters.overflows.count('large-answers');
      byteCount = this.#responder.answerBriefly(query, from, this.#answer, nowMs);
    }
    if (this.#limits?.payForAnswer(byteCount, nowMs) === false) {
      counters.dropped.count('answer-quota');
      return;
    }
    counters.queriesAnswered++;
    send(this.#answer, from, byteCount);
    if (!isKnown && !query.isReadOnly && query.idStart !== -1 && this.#strangers.take(nowMs)) this.#note(query, from);
  }

  checkInvariants(): void {
    this.#limits?.checkInvariants();
  }

  /** A stranger waits as a replacement until he has answered a query of ours: his word alone moves nobody. */
  #note(query: KrpcMessage, from: Contact): void {
    // A copy, which slice() of a Buffer is not: the datagram is ours only until we return.
    const id = asNodeId(new Uint8Array(query.bytes.subarray(query.idStart, query.idStart + IDENTIFIER_BYTES)));
    const stranger: NodeContact = { id, contact: from };
    this.#parts.table.insert(stranger, { hasAnswered: false });
  }
}

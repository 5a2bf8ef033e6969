// Everything we ask goes out here, and every answer comes back here: budget, transaction, time-out, outcome. It also
// knows whether the network is silent: then failing to answer says nothing about a node, and we only knock now and then.
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import { encodeQuery, type KrpcMessage, type OutgoingQuery } from '../wire/krpc-codec.ts';
import { QUERY_BYTES_MAX } from '../wire/krpc-encode.ts';
import type { Answer } from './answer.ts';
import type { Asking } from './asking.ts';
import type { NodeQuery, QueryOutcome } from './dht-contract.ts';
import type { SendBudget } from './rate-limits.ts';
import { RoundTrips } from './round-trips.ts';
import { Transactions, type Transaction } from './transactions.ts';

/** protocol.md 3.6 says 256 for the usual pace; the fastest asks 100 new addresses/s, half of them dead for up to 6 s. */
export const QUERIES_IN_FLIGHT_MAX = 512;
/** protocol.md 5.3: nothing heard for so long while asking is the network's fault or ours, not the nodes'. */
export const SILENT_AFTER_MS = 60_000;
const PROBE_INTERVAL_MS = 10_000;

export interface QueryDeskParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly budget: SendBudget;
  /** BEP 43. */
  readonly isReadOnly: boolean;
  readonly queriesInFlightMax: number;
  readonly selfId: () => NodeId;
  readonly send: (bytes: Uint8Array, contact: Contact, byteCount: number) => void;
  /** Where onReply reads a reply into. */
  readonly answer: Answer;
  /** Makes a response the answer and names its sender; null: it counts as none. Called before the outcome. */
  readonly onReply: (message: KrpcMessage, transaction: Transaction, roundTripMs: number) => NodeContact | null;
  /** An error came from whom we asked; it may name our address (BEP 42). Called before the outcome. */
  readonly onError: (error: KrpcMessage, transaction: Transaction) => void;
  /** Nobody answered, though the network is alive. */
  readonly onFailed: (contact: Contact) => void;
}

/** A query that is being written; only the fields of its method are read. */
interface Draft {
  readonly transactionId: Uint8Array;
  readonly isReadOnly: boolean;
  id: NodeId;
  want: OutgoingQuery['want'];
  method: NodeQuery['method'];
  target: Uint8Array;
  infohash: Uint8Array;
  wantsScrape: boolean | undefined;
}

export class QueryDesk {
  /** BEP 32: families of nodes that find_node and get_peers ask for; null: that of the transport, unsaid. */
  want: readonly ('n4' | 'n6')[] | null = null;
  readonly #parts: QueryDeskParts;
  readonly #transactions: Transactions;
  readonly #roundTrips = new RoundTrips();
  readonly #buffer = new Uint8Array(QUERY_BYTES_MAX);
  readonly #draft: Draft;
  #lastHeardAtMs: number;
  /** When the first query after the last answer went out; null: all is answered for. */
  #askingSinceMs: number | null = null;
  #lastSentAtMs = -Infinity;

  constructor(parts: QueryDeskParts) {
    this.#parts = parts;
    this.#transactions = new Transactions(parts.random, parts.queriesInFlightMax);
    this.#draft = {
      transactionId: this.#transactions.idBytes,
      isReadOnly: parts.isReadOnly,
      id: parts.selfId(),
      want: undefined,
      method: 'ping',
      target: this.#buffer,
      infohash: this.#buffer,
      wantsScrape: undefined,
    };
    this.#lastHeardAtMs = parts.clock.nowMs();
  }

  get inFlightCount(): number {
    return this.#transactions.count;
  }

  get timeoutMs(): number {
    return this.#roundTrips.timeoutMs;
  }

  /** The time within which `share` of the last answers came, or null. */
  roundTripMs(share: number): number | null {
    return this.#roundTrips.quantileMs(share);
  }

  get isSilent(): boolean {
    return this.#isSilentAt(this.#parts.clock.nowMs());
  }

  /** False: not sent, and nobody is ever told of an outcome. `question`: for an Asker. */
  ask(contact: Contact, query: NodeQuery, asking: Asking, question = 0): boolean {
    const { clock, budget, counters } = this.#parts;
    const nowMs = clock.nowMs();
    if (this.#transactions.isFull) {
      counters.overflows.count('queries-in-flight');
      return false;
    }
    if (this.#isSilentAt(nowMs) && nowMs - this.#lastSentAtMs < PROBE_INTERVAL_MS) return false;
    if (budget.canSend(contact, nowMs) !== 'yes') return false;
    if (budget.spend(contact, nowMs)) counters.newAddresses++;
    this.#transactions.begin(contact, query.method, nowMs, asking, question);
    const byteCount = encodeQuery(this.#buffer, this.#write(query));
    this.#askingSinceMs ??= nowMs;
    this.#lastSentAtMs = nowMs;
    counters.queriesSent++;
    counters.queriesSentBy[query.method]++;
    this.#parts.send(this.#buffer, contact, byteCount);
    return true;
  }

  /** `query` with what all of ours have. One object for all of them: copying fields together costs more than encoding them. */
  #write(query: NodeQuery): OutgoingQuery {
    const draft = this.#draft;
    const { method } = query;
    draft.method = method;
    draft.id = this.#parts.selfId();
    draft.want = this.want !== null && (method === 'find_node' || method === 'get_peers') ? this.want : undefined;
    if (method === 'get_peers') {
      draft.infohash = query.infohash;
      draft.wantsScrape = query.wantsScrape;
    } else if (method !== 'ping') draft.target = query.target;
    return draft;
  }

  /** A response or an error came. What matches nothing of ours is counted and gets no answer: it may be forged. */
  hear(message: KrpcMessage, from: Contact): void {
    const { counters, clock } = this.#parts;
    const { bytes, transactionIdStart, transactionIdLength } = message;
    const transaction = this.#transactions.match(bytes, transactionIdStart, transactionIdLength, from);
    if (typeof transaction === 'string') {
      counters.dropped.count(transaction === 'unknown' ? 'unknown-transaction' : 'wrong-address');
      return;
    }
    const nowMs = clock.nowMs();
    this.noteAlive(nowMs);
    if (message.kind === 'error') {
      counters.errorsReceived.count(errorClass(message.errorCode));
      this.#transactions.end(transaction);
      this.#parts.onError(message, transaction);
      tell(transaction, 'error', nowMs, message.errorCode);
      return;
    }
    const roundTripMs = nowMs - transaction.sentAtMs;
    const sender = this.#parts.onReply(message, transaction, roundTripMs);
    // Left to time out: whatever this was, it was no answer.
    if (sender === null) return;
    this.#transactions.end(transaction);
    this.#roundTrips.noteAnswer(roundTripMs);
    counters.repliesReceived++;
    const { answer } = this.#parts;
    const { asking, question } = transaction;
    if (typeof asking !== 'function') asking.hear(question, 'reply', answer, nowMs);
    else asking({ kind: 'reply', reply: answer.toReply(sender.id), from: sender, roundTripMs });
  }

  /** Others ask us: the network is there. */
  noteAlive(nowMs: number): void {
    this.#lastHeardAtMs = nowMs;
    this.#askingSinceMs = null;
  }

  /** When the query that waits longest has waited too long; Infinity: none waits. */
  get dueAtMs(): number {
    const oldest = this.#transactions.oldest(Infinity);
    return oldest === null ? Infinity : oldest.sentAtMs + this.#roundTrips.timeoutMs;
  }

  /** Ends what has waited too long. */
  tick(): void {
    const { clock, counters, onFailed } = this.#parts;
    const nowMs = clock.nowMs();
    const untilMs = nowMs - this.#roundTrips.timeoutMs;
    for (let next = this.#transactions.oldest(untilMs); next !== null; next = this.#transactions.oldest(untilMs)) {
      this.#transactions.end(next);
      this.#roundTrips.noteTimeout();
      counters.queryTimeouts++;
      // A node is blamed only if somebody else was heard since: otherwise it may be our own connection.
      if (this.#lastHeardAtMs > next.sentAtMs) onFailed(next.contact);
      tell(next, 'timeout', nowMs);
    }
  }

  /** Every query in flight ends without saying anything about its node. */
  cancelAll(): void {
    this.#askingSinceMs = null;
    const nowMs = this.#parts.clock.nowMs();
    const limit = this.#transactions.count;
    for (let cancelled = 0; cancelled < limit; cancelled++) {
      const next = this.#transactions.oldest(Infinity);
      if (next === null) return;
      this.#transactions.end(next);
      tell(next, 'cancelled', nowMs);
    }
  }

  #isSilentAt(nowMs: number): boolean {
    return this.#askingSinceMs !== null && nowMs - this.#askingSinceMs >= SILENT_AFTER_MS;
  }

  checkInvariants(): void {
    this.#transactions.checkInvariants();
  }
}

/** Whoever asked hears that there is no reply, and why. */
function tell(transaction: Transaction, kind: Exclude<QueryOutcome['kind'], 'reply'>, nowMs: number, code = 0): void {
  const { asking, question } = transaction;
  if (typeof asking !== 'function') asking.hear(question, kind, null, nowMs);
  else asking(kind === 'error' ? { kind, code } : { kind });
}

/** Codes are the sender's choice: the known ones are counted apart, the rest together. */
function errorClass(code: number): string {
  return code >= 201 && code <= 207 ? String(code) : 'other';
}

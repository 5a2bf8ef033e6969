// Our queries that wait for an answer. An answer counts only if transaction id *and* address match: ids are four bytes
// of unpredictable randomness, so a stranger who cannot read our packets does not guess one (protocol.md 4.1).
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import type { Random } from '../base/random.ts';
import { NOBODY, TimeoutQueue } from '../base/timeout-queue.ts';
import type { Asking, NodeQuery } from './dht-contract.ts';

export const TRANSACTION_ID_BYTES = 4;

export interface Transaction {
  readonly slot: number;
  /** The four bytes as a number, signed. */
  readonly id: number;
  readonly contact: Contact;
  readonly method: NodeQuery['method'];
  readonly sentAtMs: number;
  readonly asking: Asking;
  /** Its number, if an Asker asks. */
  readonly question: number;
}

export class Transactions {
  /** The id of the transaction begun last, as it goes on the wire. */
  readonly idBytes = new Uint8Array(TRANSACTION_ID_BYTES);
  readonly #random: Random;
  /** By the first 30 bits of the id, which no two share: a Map takes numbers of a word's size for a fraction of the price. */
  readonly #byKey = new Map<number, Transaction>();
  readonly #bySlot: (Transaction | null)[];
  readonly #freeSlots: number[];
  readonly #sentOrder: TimeoutQueue;

  /** At most `limit` at a time. */
  constructor(random: Random, limit: number) {
    this.#random = random;
    this.#bySlot = new Array<Transaction | null>(limit).fill(null);
    this.#freeSlots = Array.from({ length: limit }, (_, index) => limit - 1 - index);
    this.#sentOrder = new TimeoutQueue(limit);
  }

  get count(): number {
    return this.#byKey.size;
  }

  get isFull(): boolean {
    return this.#freeSlots.length === 0;
  }

  /** There must be room. */
  begin(
    contact: Contact,
    method: Transaction['method'],
    sentAtMs: number,
    asking: Asking,
    question: number,
  ): Transaction {
    assert(!this.isFull, 'there is room for another query');
    let id: number;
    do id = idAt(this.#random.fill(this.idBytes), 0);
    while (this.#byKey.has(keyOf(id)));
    const slot = this.#freeSlots.pop()!;
    const transaction = { slot, id, contact, method, sentAtMs, asking, question };
    this.#byKey.set(keyOf(id), transaction);
    this.#bySlot[slot] = transaction;
    this.#sentOrder.touch(slot, sentAtMs);
    return transaction;
  }

  /** The transaction that `length` bytes at `start` and the sender's address name. It stays until it is ended. */
  match(bytes: Uint8Array, start: number, length: number, from: Contact): Transaction | 'unknown' | 'wrong-address' {
    if (length !== TRANSACTION_ID_BYTES) return 'unknown';
    const id = idAt(bytes, start);
    const transaction = this.#byKey.get(keyOf(id));
    if (transaction === undefined || transaction.id !== id) return 'unknown';
    const { host, port } = transaction.contact;
    return host === from.host && port === from.port ? transaction : 'wrong-address';
  }

  end(transaction: Transaction): void {
    assert(this.#bySlot[transaction.slot] === transaction, 'a transaction ends once');
    this.#byKey.delete(keyOf(transaction.id));
    this.#bySlot[transaction.slot] = null;
    this.#sentOrder.remove(transaction.slot);
    this.#freeSlots.push(transaction.slot);
  }

  /** The one sent longest ago if that was at `sentUntilMs` or earlier, or null. */
  oldest(sentUntilMs: number): Transaction | null {
    const slot = this.#sentOrder.oldest;
    if (slot === NOBODY || this.#sentOrder.touchedAtMs(slot) > sentUntilMs) return null;
    return this.#bySlot[slot]!;
  }

  checkInvariants(): void {
    this.#sentOrder.checkInvariants();
    assert(this.#byKey.size === this.#sentOrder.count, 'every query in flight has its turn to expire');
    assert(this.#byKey.size + this.#freeSlots.length === this.#bySlot.length, 'a slot is free or taken');
    for (const [key, transaction] of this.#byKey) {
      assert(
        keyOf(transaction.id) === key && this.#bySlot[transaction.slot] === transaction,
        'a transaction knows its place',
      );
    }
  }
}

function idAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function keyOf(id: number): number {
  return id >>> 2;
}

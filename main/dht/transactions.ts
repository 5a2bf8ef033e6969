// Our queries that wait for an answer. An answer counts only if transaction id *and* address match: ids are four bytes
// of unpredictable randomness, so a stranger who cannot read our packets does not guess one (protocol.md 4.1).
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import type { Random } from '../base/random.ts';
import { NOBODY, TimeoutQueue } from '../base/timeout-queue.ts';
import type { Asking } from './asking.ts';
import type { NodeQuery } from './dht-contract.ts';

export const TRANSACTION_ID_BYTES = 4;

export interface Transaction {
  readonly slot: number;
  /** The first 30 bits of the id, which no two share, and the last byte: small numbers in Electron's engine too. */
  readonly key: number;
  readonly lastByte: number;
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
  /**
   * Slot + 1 of each, found by open addressing; 0 is free. The ids are our own random numbers, so they are spread as they are.
   * Half full at most, and without the garbage that a Map of what comes and goes all the time makes.
   */
  readonly #cells: Int32Array;
  readonly #bySlot: (Transaction | null)[];
  readonly #freeSlots: number[];
  readonly #sentOrder: TimeoutQueue;

  /** At most `limit` at a time. */
  constructor(random: Random, limit: number) {
    this.#random = random;
    this.#bySlot = new Array<Transaction | null>(limit).fill(null);
    this.#freeSlots = Array.from({ length: limit }, (_, index) => limit - 1 - index);
    this.#sentOrder = new TimeoutQueue(limit);
    this.#cells = new Int32Array(2 ** Math.ceil(Math.log2(2 * limit)));
  }

  get count(): number {
    return this.#sentOrder.count;
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
    let key: number;
    do key = keyAt(this.#random.fill(this.idBytes), 0);
    while (this.#cells[this.#cellOf(key)] !== 0);
    const slot = this.#freeSlots.pop()!;
    const transaction = { slot, key, lastByte: this.idBytes[3]!, contact, method, sentAtMs, asking, question };
    this.#cells[this.#cellOf(key)] = slot + 1;
    this.#bySlot[slot] = transaction;
    this.#sentOrder.touch(slot, sentAtMs);
    return transaction;
  }

  /** The transaction that `length` bytes at `start` and the sender's address name. It stays until it is ended. */
  match(bytes: Uint8Array, start: number, length: number, from: Contact): Transaction | 'unknown' | 'wrong-address' {
    if (length !== TRANSACTION_ID_BYTES) return 'unknown';
    const slot = this.#cells[this.#cellOf(keyAt(bytes, start))]! - 1;
    if (slot === -1) return 'unknown';
    const transaction = this.#bySlot[slot]!;
    if (transaction.lastByte !== bytes[start + 3]) return 'unknown';
    const { host, port } = transaction.contact;
    return host === from.host && port === from.port ? transaction : 'wrong-address';
  }

  end(transaction: Transaction): void {
    assert(this.#bySlot[transaction.slot] === transaction, 'a transaction ends once');
    this.#empty(this.#cellOf(transaction.key));
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
    assert(this.count + this.#freeSlots.length === this.#bySlot.length, 'a slot is free or taken');
    let taken = 0;
    for (const cell of this.#cells) if (cell !== 0) taken++;
    assert(taken === this.count, 'every query in flight has its turn to expire');
    for (const [slot, transaction] of this.#bySlot.entries()) {
      if (transaction === null) continue;
      const found = this.#cells[this.#cellOf(transaction.key)]! - 1;
      assert(transaction.slot === slot && found === slot, 'a transaction knows its place');
    }
  }

  /** Where `key` is, or the free cell that it would take. */
  #cellOf(key: number): number {
    const mask = this.#cells.length - 1;
    let cell = key & mask;
    while (this.#cells[cell] !== 0 && this.#bySlot[this.#cells[cell]! - 1]!.key !== key) cell = (cell + 1) & mask;
    return cell;
  }

  /** Whoever stands behind the hole because it was taken moves up: no tombstones. */
  #empty(cell: number): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let hole = cell;
    for (let next = (hole + 1) & mask; cells[next] !== 0; next = (next + 1) & mask) {
      const home = this.#bySlot[cells[next]! - 1]!.key & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      cells[hole] = cells[next]!;
      hole = next;
    }
    cells[hole] = 0;
  }
}

function keyAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 22) | (bytes[at + 1]! << 14) | (bytes[at + 2]! << 6) | (bytes[at + 3]! >> 2);
}

// Whom a search knows, nearest first: compact contacts side by side in one piece of memory, in rows that are used again, so
// that what a reply names becomes neither objects nor texts. Most of it is never asked.
// Of each subnet (a /24, of IPv6 a /64; on a local network every address is its own) there is one at a time.
import { assert } from '../base/assert.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES } from '../base/identifier.ts';
import { NODE4_BYTES, NODE6_BYTES, readContact4, readContact6, writeContact } from '../wire/compact-contacts.ts';
import { isLocalAt } from './bogons.ts';

/** libtorrent: 100. The farthest falls off. */
export const CANDIDATES_MAX = 100;

/** What became of a candidate. */
export const NEW = 0;
export const ASKED = 1;
export const ANSWERED = 2;
export const FAILED = 3;

/** Room to move on in when the farthest leaves; the rows themselves move back only once in a long while. */
const ORDER_MAX = 256;
const SUBNET4_BYTES = 3;
/** A /64 of IPv6. */
const SUBNET6_BYTES = 8;
/** Cells that count the subnets that fall on them: where there is none, nobody has to be compared. */
const CELL_BITS = 10;
const SPREAD = 0x9e37_79b1;
const SMALL_MASK = 0x3fff_ffff;
const PORT_BYTES = 2;

export class Shortlist {
  /** By row. */
  readonly states = new Uint8Array(CANDIDATES_MAX);
  readonly #compact = new Uint8Array(CANDIDATES_MAX * NODE6_BYTES);
  /** As a text only for whom somebody has asked for it. */
  readonly #contacts = new Array<Contact | null>(CANDIDATES_MAX).fill(null);
  readonly #subnets = new Int32Array(CANDIDATES_MAX);
  /**
   * Rows, from #first on and nearest last: what is named is nearer than most, so few have to make room. Beside them the first
   * 30 bits of their distances, which decide nearly every comparison and are small numbers in Electron's engine too.
   */
  readonly #order = new Uint8Array(ORDER_MAX);
  readonly #heads = new Int32Array(ORDER_MAX);
  #first = 0;
  #end = 0;
  readonly #freeRows = new Uint8Array(CANDIDATES_MAX);
  readonly #cells = new Uint8Array(1 << CELL_BITS);
  readonly #target = new Uint8Array(IDENTIFIER_BYTES);
  #targetHead = 0;
  /** Of a row: that of the family that is searched. */
  #stride = NODE4_BYTES;
  readonly #scratch = new Uint8Array(NODE6_BYTES);

  get count(): number {
    return this.#end - this.#first;
  }

  /** Empties it for a search towards `target`. */
  begin(target: Uint8Array): void {
    for (let index = 0; index < IDENTIFIER_BYTES; index++) this.#target[index] = target[index]!;
    this.#targetHead = headAt(this.#target, 0);
    this.#first = this.#end = 0;
    this.#cells.fill(0);
    for (let row = 0; row < CANDIDATES_MAX; row++) this.#freeRows[row] = CANDIDATES_MAX - 1 - row;
  }

  /** The row that is the one with this number, from near to far. */
  rowAt(place: number): number {
    return this.#order[this.#end - 1 - place]!;
  }

  /**
   * Where the compact node of `stride` bytes (26 or 38) at `at` would stand, behind all that are as near, or -1 if there is
   * no place for it: its subnet is there, or a hundred that are nearer. One search has nodes of one family.
   */
  placeFor(bytes: Uint8Array, at: number, stride: number): number {
    const { count } = this;
    if (count === 0) this.#stride = stride;
    if (stride !== this.#stride) return -1;
    const head = headAt(bytes, at) ^ this.#targetHead;
    if (count === CANDIDATES_MAX && head > this.#heads[this.#first]!) return -1;
    if (this.#hasSubnet(bytes, at + IDENTIFIER_BYTES, subnetAt(bytes, at, stride))) return -1;
    let low = this.#first;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#heads[middle]!;
      const isNearer = head === other ? this.#isNearer(bytes, at, this.#order[middle]!) : head < other;
      if (isNearer) low = middle + 1;
      else high = middle;
    }
    const place = this.#end - low;
    return place < CANDIDATES_MAX ? place : -1;
  }

  /** Puts it at the place that placeFor has just named. Returns the row that fell off for it, or -1. */
  put(place: number, bytes: Uint8Array, at: number, contact: Contact | null = null): number {
    const fallen = this.count === CANDIDATES_MAX ? this.#drop() : -1;
    const row = this.#freeRows[CANDIDATES_MAX - 1 - this.count]!;
    const start = row * NODE6_BYTES;
    for (let index = 0; index < this.#stride; index++) this.#compact[start + index] = bytes[at + index]!;
    const subnet = subnetAt(bytes, at, this.#stride);
    this.#subnets[row] = subnet;
    const cell = cellOf(subnet);
    this.#cells[cell] = this.#cells[cell]! + 1;
    this.states[row] = NEW;
    this.#contacts[row] = contact;
    if (this.#end === ORDER_MAX) this.#moveBack();
    const index = this.#end - place;
    for (let nearer = this.#end++; nearer > index; nearer--) {
      this.#order[nearer] = this.#order[nearer - 1]!;
      this.#heads[nearer] = this.#heads[nearer - 1]!;
    }
    this.#order[index] = row;
    this.#heads[index] = headAt(bytes, at) ^ this.#targetHead;
    return fallen;
  }

  /** `node` in compact form, in memory that the next call uses again; its length, or 0 when its host is no address. */
  write(node: NodeContact): { readonly bytes: Uint8Array; readonly length: number } {
    const bytes = this.#scratch;
    bytes.set(node.id);
    const length = writeContact(bytes, IDENTIFIER_BYTES, node.contact);
    return { bytes, length: length === 0 ? 0 : IDENTIFIER_BYTES + length };
  }

  contactOf(row: number): Contact {
    return (this.#contacts[row] ??= this.contactAt(this.#compact, row * NODE6_BYTES));
  }

  /** Of the compact node at `at`, of the family that is searched. */
  contactAt(bytes: Uint8Array, at: number): Contact {
    const read = this.#stride === NODE4_BYTES ? readContact4 : readContact6;
    return read(bytes, at + IDENTIFIER_BYTES);
  }

  nodeOf(row: number): NodeContact {
    const id = new Uint8Array(IDENTIFIER_BYTES);
    const start = row * NODE6_BYTES;
    for (let index = 0; index < IDENTIFIER_BYTES; index++) id[index] = this.#compact[start + index]!;
    return { id: asNodeId(id), contact: this.contactOf(row) };
  }

  checkInvariants(): void {
    const rows = this.#order.slice(this.#first, this.#end).reverse();
    assert(new Set(rows).size === this.count && this.count <= CANDIDATES_MAX, 'a candidate is there once');
    const cells = new Uint8Array(this.#cells.length);
    rows.forEach((row, place) => {
      const start = row * NODE6_BYTES;
      const head = headAt(this.#compact, start) ^ this.#targetHead;
      assert(this.#heads[this.#end - 1 - place] === head, 'a candidate knows how near it is');
      const before = place === 0 ? -1 : rows[place - 1]!;
      assert(
        before === -1 || !this.#isNearer(this.#compact, start, before),
        'candidates are in the order of their distance',
      );
      const cell = cellOf(this.#subnets[row]!);
      cells[cell] = cells[cell]! + 1;
    });
    assert(
      cells.every((count, cell) => count === this.#cells[cell]),
      'every subnet is counted',
    );
  }

  /** The farthest leaves; its row is free. */
  #drop(): number {
    const row = this.#order[this.#first++]!;
    this.#freeRows[CANDIDATES_MAX - 1 - this.count] = row;
    const cell = cellOf(this.#subnets[row]!);
    this.#cells[cell] = this.#cells[cell]! - 1;
    return row;
  }

  #moveBack(): void {
    this.#order.copyWithin(0, this.#first, this.#end);
    this.#heads.copyWithin(0, this.#first, this.#end);
    this.#end -= this.#first;
    this.#first = 0;
  }

  #isNearer(bytes: Uint8Array, at: number, thanRow: number): boolean {
    const than = thanRow * NODE6_BYTES;
    for (let index = 0; index < IDENTIFIER_BYTES; index++) {
      const target = this.#target[index]!;
      const difference = (bytes[at + index]! ^ target) - (this.#compact[than + index]! ^ target);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }

  #hasSubnet(bytes: Uint8Array, hostAt: number, subnet: number): boolean {
    if (this.#cells[cellOf(subnet)] === 0) return false;
    // What is named again is mostly among the nearest.
    for (let index = this.#end - 1; index >= this.#first; index--) {
      const row = this.#order[index]!;
      if (this.#subnets[row] === subnet && this.#isSameSubnet(bytes, hostAt, row)) return true;
    }
    return false;
  }

  /** Of two with the same number. */
  #isSameSubnet(bytes: Uint8Array, hostAt: number, row: number): boolean {
    const other = row * NODE6_BYTES + IDENTIFIER_BYTES;
    const length = subnetBytes(bytes, hostAt, this.#stride);
    for (let index = 0; index < length; index++)
      if (bytes[hostAt + index] !== this.#compact[other + index]) return false;
    return true;
  }
}

/** Of how many bytes the subnet of the host at `hostAt` is: a local address is its own. */
function subnetBytes(bytes: Uint8Array, hostAt: number, stride: number): number {
  const contactBytes = stride - IDENTIFIER_BYTES;
  if (isLocalAt(bytes, hostAt, contactBytes)) return contactBytes - PORT_BYTES;
  return stride === NODE4_BYTES ? SUBNET4_BYTES : SUBNET6_BYTES;
}

/** A number of 30 bits for the subnet of the compact node at `at`; others may have the same. */
function subnetAt(bytes: Uint8Array, at: number, stride: number): number {
  const hostAt = at + IDENTIFIER_BYTES;
  const length = subnetBytes(bytes, hostAt, stride);
  let subnet = 0;
  for (let index = 0; index < length; index++) subnet = (Math.imul(subnet, 257) + bytes[hostAt + index]!) & SMALL_MASK;
  return subnet;
}

function cellOf(subnet: number): number {
  return Math.imul(subnet, SPREAD) >>> (32 - CELL_BITS);
}

/** The first 30 bits of the id at `at`. */
function headAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 22) | (bytes[at + 1]! << 14) | (bytes[at + 2]! << 6) | (bytes[at + 3]! >> 2);
}

// The records of one routing table, in typed arrays: 26 bytes of compact contact (just as replies carry it) and
// 19 more a node, with its slot and its cells in two indexes some 62 (v4), where an object with its strings would take
// several hundred. Memory beside one another is what a touch needs: in a large table, waiting for it is the whole price.
// Knows nothing of buckets; a record is a whole number, valid until it is freed.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES } from '../base/identifier.ts';
import { COARSE_WORDS, TimeoutQueue } from '../base/timeout-queue.ts';
import { NODE4_BYTES, NODE6_BYTES, readContact4, readContact6 } from '../wire/compact-contacts.ts';
import type { SavedNode } from './dht-contract.ts';
import type { TableNode } from './routing-table-contract.ts';

/** Bits of a record's flags, as they are saved too. */
export const NODE_FLAGS = {
  hasAnswered: 1,
  samplesKnown: 2,
  samplesSupported: 4,
} as const;
const SAMPLE_FLAGS = NODE_FLAGS.samplesKnown | NODE_FLAGS.samplesSupported;

/** What a record says beside its contact. */
export type NodeFacts = Omit<SavedNode, 'id' | 'contact' | 'lastHeardAgoSeconds'> & { readonly heardAtMs: number };

/** BEP 5: 15 minutes of silence make a good node questionable. */
export const GOOD_FOR_MS = 15 * 60_000;

/** Failures in a row that make a node bad: it may be replaced. */
export const BAD_AFTER_FAILURES = 3;

/** By a thirty-second: copying so often costs a node some 0.3 us as a table fills, and what is empty 1.4 bytes. */
const GROWTH_SHIFT = 5;
const GROWTH_MIN = 16;
const ROUND_TRIP_MS_MAX = 65_535;
/** Flags are the lower bits of a record's state, failures in a row the upper ones. */
const FLAG_BITS = 3;
const FLAGS = (1 << FLAG_BITS) - 1;
const ONE_FAILURE = 1 << FLAG_BITS;
const FAIL_COUNT_MAX = 0xff >> FLAG_BITS;

export class NodeSlab {
  /** Of an id, an address and a port: what a record begins with. */
  readonly nodeBytes: number;
  /** From record to record. Behind the node is its cell in `queriedOrder`: who is found is about to be touched. */
  readonly stride: number;
  compact: Uint8Array;
  /** The same memory, two bytes at a time. */
  compactPairs: Uint16Array;
  #states: Uint8Array;
  #roundTripsMs: Uint16Array;
  slots: Uint16Array;
  /** When it last answered or, once it has answered ever, asked us. Coarse: to a second after months. */
  heardAtMs: Float32Array;
  /** When we last sent it a query; the front is asked next. */
  readonly queriedOrder: TimeoutQueue;
  /** The first free record; of a free one `heardAtMs` is the next. -1: none. */
  #firstFree = -1;
  #freeCount = 0;

  constructor(family: 4 | 6, capacity = 64) {
    this.nodeBytes = family === 4 ? NODE4_BYTES : NODE6_BYTES;
    this.stride = this.nodeBytes + 2 * COARSE_WORDS;
    this.compact = new Uint8Array(capacity * this.stride);
    this.compactPairs = new Uint16Array(this.compact.buffer);
    this.#states = new Uint8Array(capacity);
    this.#roundTripsMs = new Uint16Array(capacity);
    this.slots = new Uint16Array(capacity);
    this.heardAtMs = new Float32Array(capacity);
    const lodging = { words: this.compactPairs, stride: this.stride / 2, first: this.nodeBytes / 2 };
    this.queriedOrder = new TimeoutQueue(capacity, true, lodging);
    this.#chainFree(0);
  }

  get capacity(): number {
    return this.#states.length;
  }

  get count(): number {
    return this.capacity - this.#freeCount;
  }

  /** A record for `compact` (id, address, port), everything else zero. */
  allocate(compact: Uint8Array): number {
    if (this.#freeCount === 0) this.#grow(enlarged(this.capacity));
    const record = this.#firstFree;
    this.#firstFree = this.heardAtMs[record]!;
    this.#freeCount--;
    const at = record * this.stride;
    this.compact.set(compact, at);
    this.#states[record] = 0;
    this.#roundTripsMs[record] = 0;
    this.heardAtMs[record] = -Infinity;
    return record;
  }

  free(record: number): void {
    this.heardAtMs[record] = this.#firstFree;
    this.#firstFree = record;
    this.#freeCount++;
  }

  has(record: number, flag: number): boolean {
    return (this.#states[record]! & flag) !== 0;
  }

  hasId(record: number, id: Uint8Array): boolean {
    const at = record * this.stride;
    for (let index = 0; index < IDENTIFIER_BYTES; index++) if (this.compact[at + index] !== id[index]) return false;
    return true;
  }

  /** The first four bytes of its id as a number: decides nearly every comparison of distances. */
  idHeadOf(record: number): number {
    return headOf(this.compact, record * this.stride);
  }

  isGood(record: number, nowMs: number): boolean {
    // It has answered, and no failure since.
    const isWell = (this.#states[record]! & ~SAMPLE_FLAGS) === NODE_FLAGS.hasAnswered;
    return isWell && nowMs - this.heardAtMs[record]! < GOOD_FOR_MS;
  }

  isBad(record: number): boolean {
    return this.failCountOf(record) >= BAD_AFTER_FAILURES;
  }

  failCountOf(record: number): number {
    return this.#states[record]! >> FLAG_BITS;
  }

  setFacts(record: number, { flags, failCount, roundTripMs, heardAtMs }: NodeFacts): void {
    this.#states[record] = (flags & FLAGS) | (Math.min(FAIL_COUNT_MAX, failCount) << FLAG_BITS);
    this.#roundTripsMs[record] = clampRoundTrip(roundTripMs);
    this.heardAtMs[record] = heardAtMs;
  }

  /** It answered: whatever it failed before is forgotten. */
  noteAnswer(record: number, { flags, roundTripMs, heardAtMs }: NodeFacts): void {
    if ((flags & NODE_FLAGS.samplesKnown) !== 0) this.setSupportsSamples(record, flags);
    this.#states[record] = (this.#states[record]! & SAMPLE_FLAGS) | NODE_FLAGS.hasAnswered;
    this.heardAtMs[record] = heardAtMs;
    const before = this.#roundTripsMs[record]!;
    if (roundTripMs > 0)
      this.#roundTripsMs[record] = clampRoundTrip(before === 0 ? roundTripMs : before * 0.75 + roundTripMs * 0.25);
  }

  /** `flags` as sampleFlags makes them. */
  setSupportsSamples(record: number, flags: number): void {
    this.#states[record] = (this.#states[record]! & ~SAMPLE_FLAGS) | (flags & SAMPLE_FLAGS);
  }

  countFailure(record: number): number {
    if (this.failCountOf(record) < FAIL_COUNT_MAX) this.#states[record] = this.#states[record]! + ONE_FAILURE;
    return this.failCountOf(record);
  }

  contactOf(record: number): Contact {
    const at = record * this.stride + IDENTIFIER_BYTES;
    return this.nodeBytes === NODE4_BYTES ? readContact4(this.compact, at) : readContact6(this.compact, at);
  }

  toNode(record: number, nowMs: number): TableNode {
    const at = record * this.stride;
    return {
      id: asNodeId(this.compact.slice(at, at + IDENTIFIER_BYTES)),
      contact: this.contactOf(record),
      state: this.isGood(record, nowMs) ? 'good' : this.isBad(record) ? 'bad' : 'questionable',
      hasAnswered: this.has(record, NODE_FLAGS.hasAnswered),
      supportsSamples: this.has(record, NODE_FLAGS.samplesKnown) ? this.has(record, NODE_FLAGS.samplesSupported) : null,
      failCount: this.failCountOf(record),
      roundTripMs: this.#roundTripsMs[record]!,
    };
  }

  toSaved(record: number, nowMs: number): SavedNode {
    const at = record * this.stride;
    const heardAgoMs = nowMs - this.heardAtMs[record]!;
    return {
      id: this.compact.slice(at, at + IDENTIFIER_BYTES),
      contact: this.contactOf(record),
      flags: this.#states[record]! & FLAGS,
      failCount: this.failCountOf(record),
      roundTripMs: this.#roundTripsMs[record]!,
      lastHeardAgoSeconds: Number.isFinite(heardAgoMs) ? Math.max(0, Math.round(heardAgoMs / 1000)) : -1,
    };
  }

  checkInvariants(): void {
    let freeCount = 0;
    for (let record = this.#firstFree; record !== -1; record = this.heardAtMs[record]!) {
      assert(!this.queriedOrder.has(record), 'a free record waits for nothing');
      assert(++freeCount <= this.#freeCount, 'a record is free once');
    }
    assert(freeCount === this.#freeCount, 'every free record is found');
    this.queriedOrder.checkInvariants();
    assert(this.queriedOrder.count === this.count, 'every record in use waits for its next query');
  }

  #grow(capacity: number): void {
    const before = this.capacity;
    const grown = <Column extends Uint8Array | Uint16Array | Float32Array>(from: Column, into: Column) => {
      into.set(from);
      return into;
    };
    this.compact = grown(this.compact, new Uint8Array(capacity * this.stride));
    this.compactPairs = new Uint16Array(this.compact.buffer);
    this.#states = grown(this.#states, new Uint8Array(capacity));
    this.#roundTripsMs = grown(this.#roundTripsMs, new Uint16Array(capacity));
    this.slots = grown(this.slots, new Uint16Array(capacity));
    this.heardAtMs = grown(this.heardAtMs, new Float32Array(capacity));
    this.queriedOrder.grow(capacity, this.compactPairs);
    this.#chainFree(before);
  }

  /** Records from `first` on become free, to be used in their order. */
  #chainFree(first: number): void {
    for (let record = this.capacity - 1; record >= first; record--) this.free(record);
  }
}

/** In small steps, or a table that has just grown would be a third empty. */
function enlarged(capacity: number): number {
  return capacity + Math.max(GROWTH_MIN, capacity >> GROWTH_SHIFT);
}

export function sampleFlags(supportsSamples: boolean): number {
  return NODE_FLAGS.samplesKnown | (supportsSamples ? NODE_FLAGS.samplesSupported : 0);
}

/** The facts of a node that was saved, `nowMs` being when it is read. */
export function factsOf({ flags, failCount, roundTripMs, lastHeardAgoSeconds }: SavedNode, nowMs: number): NodeFacts {
  const heardAtMs = lastHeardAgoSeconds < 0 ? -Infinity : nowMs - lastHeardAgoSeconds * 1000;
  return { flags, failCount, roundTripMs, heardAtMs };
}

/** A good node that was saved, as the table would have described it. */
export function savedToNode({ id, contact, flags, failCount, roundTripMs }: SavedNode): TableNode {
  const supportsSamples = (flags & NODE_FLAGS.samplesKnown) === 0 ? null : (flags & NODE_FLAGS.samplesSupported) !== 0;
  return { id: asNodeId(id), contact, state: 'good', hasAnswered: true, supportsSamples, failCount, roundTripMs };
}

/** 0 means never measured, so what was measured is at least 1. */
function clampRoundTrip(roundTripMs: number): number {
  return roundTripMs <= 0 ? 0 : Math.max(1, Math.min(ROUND_TRIP_MS_MAX, Math.round(roundTripMs)));
}

/** Four bytes from `at` on, as a number from 0 to 2^32 - 1. */
export function headOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

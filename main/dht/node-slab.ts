// The records of one routing table, as columns of typed arrays: 26 bytes of compact contact (just as replies carry it) and
// 19 more a node, with slots and indexes some 60 (v4; 70 in tables of more than 32,768 nodes), where an object with its
// strings would take several hundred.
// Knows nothing of buckets; a record is a whole number, valid until it is freed.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES } from '../base/identifier.ts';
import { TimeoutQueue } from '../base/timeout-queue.ts';
import { NODE4_BYTES, NODE6_BYTES, readContact4, readContact6 } from '../wire/compact-contacts.ts';
import type { SavedNode } from './dht-contract.ts';
import type { TableNode } from './routing-table-contract.ts';

/** Bits of a record's flags, as they are saved too. */
export const NODE_FLAGS = {
  hasAnswered: 1,
  samplesKnown: 2,
  samplesSupported: 4,
} as const;

/** What a record says beside its contact. */
export type NodeFacts = Omit<SavedNode, 'id' | 'contact' | 'lastHeardAgoSeconds'> & { readonly heardAtMs: number };

/** BEP 5: 15 minutes of silence make a good node questionable. */
export const GOOD_FOR_MS = 15 * 60_000;

/** Failures in a row that make a node bad: it may be replaced. */
export const BAD_AFTER_FAILURES = 3;

const ROUND_TRIP_MS_MAX = 65_535;
const FAIL_COUNT_MAX = 255;

export class NodeSlab {
  readonly stride: number;
  /** Id, address, port of every record: `stride` bytes each. */
  compact: Uint8Array;
  /** The same memory, two bytes at a time. */
  compactPairs: Uint16Array;
  flags: Uint8Array;
  failCounts: Uint8Array;
  roundTripsMs: Uint16Array;
  depths: Uint8Array;
  slots: Uint16Array;
  /** When it last answered or, once it has answered ever, asked us. Coarse: to a second after months. */
  heardAtMs: Float32Array;
  /** When we last sent it a query; the front is asked next. */
  readonly queriedOrder: TimeoutQueue;
  /** The first free record; of a free one `heardAtMs` is the next. -1: none. */
  #firstFree = -1;
  #freeCount = 0;

  constructor(family: 4 | 6, capacity = 64) {
    this.stride = family === 4 ? NODE4_BYTES : NODE6_BYTES;
    this.compact = new Uint8Array(capacity * this.stride);
    this.compactPairs = new Uint16Array(this.compact.buffer);
    this.flags = new Uint8Array(capacity);
    this.failCounts = new Uint8Array(capacity);
    this.roundTripsMs = new Uint16Array(capacity);
    this.depths = new Uint8Array(capacity);
    this.slots = new Uint16Array(capacity);
    this.heardAtMs = new Float32Array(capacity);
    this.queriedOrder = new TimeoutQueue(capacity, true);
    this.#chainFree(0);
  }

  get capacity(): number {
    return this.flags.length;
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
    this.flags[record] = 0;
    this.failCounts[record] = 0;
    this.roundTripsMs[record] = 0;
    this.heardAtMs[record] = -Infinity;
    return record;
  }

  free(record: number): void {
    this.heardAtMs[record] = this.#firstFree;
    this.#firstFree = record;
    this.#freeCount++;
  }

  has(record: number, flag: number): boolean {
    return (this.flags[record]! & flag) !== 0;
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
    return (
      this.failCounts[record] === 0 &&
      (this.flags[record]! & NODE_FLAGS.hasAnswered) !== 0 &&
      nowMs - this.heardAtMs[record]! < GOOD_FOR_MS
    );
  }

  isBad(record: number): boolean {
    return this.failCounts[record]! >= BAD_AFTER_FAILURES;
  }

  setFacts(record: number, { flags, failCount, roundTripMs, heardAtMs }: NodeFacts): void {
    this.flags[record] = flags;
    this.failCounts[record] = Math.min(FAIL_COUNT_MAX, failCount);
    this.roundTripsMs[record] = clampRoundTrip(roundTripMs);
    this.heardAtMs[record] = heardAtMs;
  }

  /** It answered: whatever it failed before is forgotten. */
  noteAnswer(record: number, { flags, roundTripMs, heardAtMs }: NodeFacts): void {
    this.flags[record] = this.flags[record]! | NODE_FLAGS.hasAnswered;
    if ((flags & NODE_FLAGS.samplesKnown) !== 0) this.setSupportsSamples(record, flags);
    this.failCounts[record] = 0;
    this.heardAtMs[record] = heardAtMs;
    const before = this.roundTripsMs[record]!;
    if (roundTripMs > 0)
      this.roundTripsMs[record] = clampRoundTrip(before === 0 ? roundTripMs : before * 0.75 + roundTripMs * 0.25);
  }

  /** `flags` as sampleFlags makes them. */
  setSupportsSamples(record: number, flags: number): void {
    this.flags[record] = (this.flags[record]! & NODE_FLAGS.hasAnswered) | (flags & ~NODE_FLAGS.hasAnswered);
  }

  countFailure(record: number): number {
    const failCount = Math.min(FAIL_COUNT_MAX, this.failCounts[record]! + 1);
    this.failCounts[record] = failCount;
    return failCount;
  }

  contactOf(record: number): Contact {
    const at = record * this.stride + IDENTIFIER_BYTES;
    return this.stride === NODE4_BYTES ? readContact4(this.compact, at) : readContact6(this.compact, at);
  }

  toNode(record: number, nowMs: number): TableNode {
    const at = record * this.stride;
    return {
      id: asNodeId(this.compact.slice(at, at + IDENTIFIER_BYTES)),
      contact: this.contactOf(record),
      state: this.isGood(record, nowMs) ? 'good' : this.isBad(record) ? 'bad' : 'questionable',
      hasAnswered: this.has(record, NODE_FLAGS.hasAnswered),
      supportsSamples: this.has(record, NODE_FLAGS.samplesKnown) ? this.has(record, NODE_FLAGS.samplesSupported) : null,
      failCount: this.failCounts[record]!,
      roundTripMs: this.roundTripsMs[record]!,
    };
  }

  toSaved(record: number, nowMs: number): SavedNode {
    const at = record * this.stride;
    const heardAgoMs = nowMs - this.heardAtMs[record]!;
    return {
      id: this.compact.slice(at, at + IDENTIFIER_BYTES),
      contact: this.contactOf(record),
      flags: this.flags[record]!,
      failCount: this.failCounts[record]!,
      roundTripMs: this.roundTripsMs[record]!,
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
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.failCounts = grown(this.failCounts, new Uint8Array(capacity));
    this.roundTripsMs = grown(this.roundTripsMs, new Uint16Array(capacity));
    this.depths = grown(this.depths, new Uint8Array(capacity));
    this.slots = grown(this.slots, new Uint16Array(capacity));
    this.heardAtMs = grown(this.heardAtMs, new Float32Array(capacity));
    this.queriedOrder.grow(capacity);
    this.#chainFree(before);
  }

  /** Records from `first` on become free, to be used in their order. */
  #chainFree(first: number): void {
    for (let record = this.capacity - 1; record >= first; record--) this.free(record);
  }
}

/** By half while it is small; then by a sixteenth, or a large table would be a third empty. */
function enlarged(capacity: number): number {
  return capacity + Math.ceil(capacity / (capacity < 4_096 ? 2 : 16));
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

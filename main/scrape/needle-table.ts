// A spare routing table around a random needle (the user's note: "multiple routing tables concurrently, that we cycle
// through"): the nodes near the needle that answered, the candidates still to be asked, and how well it yields.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { asNodeId, IDENTIFIER_BYTES, type NodeId, sharedPrefixBits } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import { RoutingTable, type TableNode } from '../dht/routing-table.ts';
import { type CandidatePool, Candidates } from './candidates.ts';
import { RecentCandidates } from './recent-candidates.ts';

/** The origin's bucket; 8 is for the table we serve lookups from. */
const BUCKET_SIZE = 32;
/** 16 x 32 nodes. Among 8 million nodes the levels below the first 16 hold fewer than 32 each. */
const BUCKETS_MAX = 16;
const MINUTE_MS = 60_000;
/** Yield is looked at over this many minutes (R5). */
const YIELD_MINUTES = 10;

export interface NeedleTableOptions {
  readonly needle: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  /** Default 4. */
  readonly family?: 4 | 6 | undefined;
  readonly isOnePerSubnet: boolean;
  /** Candidates are kept by age and taken from anywhere, instead of nearest to the needle first. */
  readonly keepsNewest: boolean;
  readonly onRetired: (node: TableNode) => void;
}

interface Minute {
  startMs: number;
  infohashes: number;
  newInfohashes: number;
}

export class NeedleTable {
  readonly needle: NodeId;
  readonly routing: RoutingTable;
  readonly candidates: CandidatePool;
  readonly bornAtMs: number;
  /** When the main table was last asked for candidates; see Sampler. */
  seededAtMs = -Infinity;
  /** A lookup towards the needle is still gathering candidates: none is sampled before it has ended (R1). */
  isConverging = false;
  /** Nodes of `routing` that the main table does not hold; kept up to date by NeedleTables. */
  ownNodeCount = 0;
  readonly #minutes: Minute[] = [];

  constructor({ needle, clock, random, family, isOnePerSubnet, keepsNewest, onRetired }: NeedleTableOptions) {
    this.needle = needle;
    this.bornAtMs = clock.nowMs();
    this.candidates = keepsNewest ? new RecentCandidates() : new Candidates(needle);
    this.routing = new RoutingTable({
      selfId: needle,
      clock,
      random,
      bucketSize: BUCKET_SIZE,
      bucketsMax: BUCKETS_MAX,
      family: family ?? 4,
      isOnePerSubnet,
      onRetired,
    });
  }

  noteInfohashes(infohashCount: number, newCount: number, nowMs: number): void {
    let minute = this.#minutes[this.#minutes.length - 1];
    if (minute === undefined || nowMs - minute.startMs >= MINUTE_MS) {
      minute = { startMs: nowMs, infohashes: 0, newInfohashes: 0 };
      this.#minutes.push(minute);
      if (this.#minutes.length > YIELD_MINUTES) this.#minutes.shift();
    }
    minute.infohashes += infohashCount;
    minute.newInfohashes += newCount;
  }

  /** New infohashes of the last 10 minutes. */
  recentNew(nowMs: number): number {
    return this.#recent(nowMs).newInfohashes;
  }

  /** Share of new among the infohashes of the last 10 minutes; a table that nothing is known of is hoped to be all new. */
  newRatio(nowMs: number): number {
    const { infohashes, newInfohashes } = this.#recent(nowMs);
    return (newInfohashes + 1) / (infohashes + 1);
  }

  checkInvariants(): void {
    this.routing.checkInvariants();
    this.candidates.checkInvariants();
    assert(this.#minutes.length <= YIELD_MINUTES, 'more minutes kept than are looked at');
    assert(this.ownNodeCount <= this.routing.nodeCount, 'own nodes are among the nodes');
  }

  #recent(nowMs: number): { infohashes: number; newInfohashes: number } {
    const sum = { infohashes: 0, newInfohashes: 0 };
    for (const minute of this.#minutes) {
      if (nowMs - minute.startMs >= YIELD_MINUTES * MINUTE_MS) continue;
      sum.infohashes += minute.infohashes;
      sum.newInfohashes += minute.newInfohashes;
    }
    return sum;
  }
}

/** A random id that begins with the first `prefixBits` bits of `prefix`. */
export function randomIdWithPrefix(prefix: Uint8Array, prefixBits: number, random: Random): NodeId {
  assert(prefixBits >= 0 && prefixBits <= IDENTIFIER_BYTES * 8, 'an id has 160 bits');
  const id = random.bytes(IDENTIFIER_BYTES);
  const wholeBytes = prefixBits >> 3;
  id.set(prefix.subarray(0, wholeBytes));
  const bits = prefixBits & 7;
  if (bits > 0) {
    const mask = (0xff00 >> bits) & 0xff;
    id[wholeBytes] = (prefix[wholeBytes]! & mask) | (id[wholeBytes]! & ~mask & 0xff);
  }
  return asNodeId(id);
}

/**
 * What to name as `target` when `nodeId` is asked on behalf of `needle`: a random id in the part of the key space that
 * both share. The node knows its own surroundings best, so its answer leads either nearer to the needle or to
 * neighbours of its own that we may not have met.
 */
export function targetFor(needle: Uint8Array, nodeId: Uint8Array, random: Random): NodeId {
  return randomIdWithPrefix(needle, sharedPrefixBits(needle, nodeId), random);
}

// The infohashes whose metadata is wanted, with the peers that may have it: at most JOBS_MAX x PEERS_PER_JOB_MAX
// (protocol.md 6.2). Knows order and limits; nothing of sockets or time.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Contact } from '../base/contact.ts';
import { contactText } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import { asInfohash } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import { JobBlocks } from './job-blocks.ts';
import type { MetadataMemory } from './metadata-pieces.ts';
import type { PeerAttempt } from './peer-attempt.ts';

const JOBS_MAX = 2000;
/** protocol.md 6.2: no more infohashes wanted from here on ... */
const HIGH_WATER = JOBS_MAX * 0.8;
/** ... until the queue has drained to here. */
const LOW_WATER = JOBS_MAX * 0.5;
/** protocol.md 6.2: peers named so long ago are mostly gone, and nothing may keep the queue above its water-mark for ever. */
export const JOB_EXPIRES_AFTER_MS = 20 * 60_000;
/** Peers tried and waiting together. */
const PEERS_PER_JOB_MAX = 8;
export const SESSIONS_PER_JOB_MAX = 2;
/** Beyond this many different peers an infohash is popular, and the exact number does not matter. */
const PEERS_COUNTED_MAX = 200;
/** Ports on which some peer has answered well; the first ones found stay. */
const GOOD_PORTS_MAX = 256;

/** Who named a peer: the node that sampled the infohash, others that did, a lookup, or a lookup for the retry ladder. */
export const PEER_STAGES = ['sampling-node', 'other-nodes', 'lookup', 'retry'] as const;
export type PeerStage = (typeof PEER_STAGES)[number];

interface Candidate {
  readonly contact: Contact;
  /** That named it first. */
  readonly stage: PeerStage;
  /** How many offers named it: several nodes rarely agree on a peer that is gone. */
  namedCount: number;
}

export class FetchJob {
  readonly infohash: Infohash;
  readonly key: string;
  readonly sessions = new Set<PeerAttempt>();
  readonly blocks: JobBlocks;
  wasTried = false;
  /** Its metadata is complete and being looked at (metadata-verifier.ts). */
  isVerifying = false;
  offeredAtMs = 0;
  /** Waiting peers by contactText, in random order. */
  readonly #waiting = new Map<string, Candidate>();
  /** With the stage that named each first. */
  readonly #tried = new Map<string, PeerStage>();
  /** 32-bit hashes of the contacts named: the count is what matters, and a rare collision does not. */
  readonly #named = new Set<number>();

  constructor(infohash: Infohash, memory: MetadataMemory) {
    this.infohash = asInfohash(infohash.slice()); // it may be a view of a whole sample
    this.key = toKey(infohash);
    this.blocks = new JobBlocks(memory);
  }

  get isExhausted(): boolean {
    return this.#waiting.size === 0 && this.isIdle;
  }

  /** Nothing is under way for it. */
  get isIdle(): boolean {
    return this.sessions.size === 0 && !this.isVerifying;
  }

  /** Different peers that were named, as far as they are counted. */
  get peersSeen(): number {
    return this.#named.size;
  }

  /** Adds the peers of one reply; those without room are only counted. */
  offer(peers: readonly Contact[], stage: PeerStage, random: Random): void {
    const first = peers.length > 0 ? random.below(peers.length) : 0;
    for (let index = 0; index < peers.length; index++) {
      // From a random place on: a node that lists one friend first does not decide whom everyone asks.
      const contact = peers[(first + index) % peers.length]!;
      const text = contactText(contact);
      if (this.#named.size < PEERS_COUNTED_MAX) this.#named.add(hashText(text));
      const known = this.#waiting.get(text);
      if (known) known.namedCount++;
      else if (!this.#tried.has(text) && this.#waiting.size + this.#tried.size < PEERS_PER_JOB_MAX) {
        this.#waiting.set(text, { contact, stage, namedCount: 1 });
      }
    }
  }

  /** The best waiting peer that `mayDial` allows, now counted as tried; null if there is none. */
  takeBest(mayDial: (contact: Contact) => boolean, goodPorts: GoodPorts): Contact | null {
    let best: Candidate | null = null;
    let bestRank = -1;
    for (const candidate of this.#waiting.values()) {
      const rank = candidate.namedCount * 2 + (goodPorts.has(candidate.contact.port) ? 1 : 0);
      if (rank <= bestRank || !mayDial(candidate.contact)) continue;
      best = candidate;
      bestRank = rank;
    }
    if (!best) return null;
    const text = contactText(best.contact);
    this.#waiting.delete(text);
    this.#tried.set(text, best.stage);
    return best.contact;
  }

  /** The stage that named a peer that was tried. */
  stageOf(contact: Contact): PeerStage {
    return this.#tried.get(contactText(contact)) ?? 'sampling-node';
  }

  /** The try did not count: it was us who ended it, or it is not known whether this peer was to blame. */
  putBack(contact: Contact): void {
    const text = contactText(contact);
    const stage = this.#tried.get(text);
    if (stage === undefined) return;
    this.#tried.delete(text);
    this.#waiting.set(text, { contact, stage, namedCount: 1 });
  }

  checkInvariants(): void {
    assert(this.#waiting.size + this.#tried.size <= PEERS_PER_JOB_MAX, 'few peers for each infohash');
    assert(this.sessions.size <= SESSIONS_PER_JOB_MAX, 'few connections for each infohash');
    assert(this.#named.size <= PEERS_COUNTED_MAX, 'peers are counted up to a limit');
    this.blocks.checkInvariants();
  }
}

export class FetchQueue {
  /** The one offered last at the end. */
  readonly #jobs = new Map<string, FetchJob>();
  #isAboveWater = false;

  get size(): number {
    return this.#jobs.size;
  }

  /** Whether more infohashes are welcome. */
  wantsMore(): boolean {
    if (this.#jobs.size >= HIGH_WATER) this.#isAboveWater = true;
    else if (this.#jobs.size <= LOW_WATER) this.#isAboveWater = false;
    return !this.#isAboveWater;
  }

  get(infohash: Uint8Array): FetchJob | undefined {
    return this.#jobs.get(toKey(infohash));
  }

  /** Makes the job the newest, and the one that had to go for it if the queue was full. */
  put(job: FetchJob, nowMs: number): FetchJob | null {
    job.offeredAtMs = nowMs;
    this.#jobs.delete(job.key);
    const dropped = this.#jobs.size < JOBS_MAX ? null : this.#oldestIdle();
    if (dropped) this.remove(dropped);
    this.#jobs.set(job.key, job);
    return dropped;
  }

  /** Takes the job out; what it held of its metadata is forgotten. */
  remove(job: FetchJob): void {
    this.#jobs.delete(job.key);
    job.blocks.release();
  }

  /** Bytes of metadata that the jobs hold. */
  get heldBytes(): number {
    let bytes = 0;
    for (const { blocks } of this.#jobs.values()) bytes += blocks.heldBytes;
    return bytes;
  }

  /** Forgets blocks of infohashes that nobody is being asked for. */
  releaseIdle(): void {
    for (const { blocks } of this.#jobs.values()) blocks.releaseIdle();
  }

  /** Takes out the jobs that were offered JOB_EXPIRES_AFTER_MS ago and for which nobody is being asked. */
  takeExpired(nowMs: number): FetchJob[] {
    const expired: FetchJob[] = [];
    for (const job of this.#jobs.values()) {
      if (nowMs - job.offeredAtMs < JOB_EXPIRES_AFTER_MS) break; // in the order of offering: the rest is younger
      if (job.isIdle) expired.push(job);
    }
    for (const job of expired) this.remove(job);
    return expired;
  }

  /** A copy: jobs may come and go while it is walked. */
  newestFirst(): FetchJob[] {
    return [...this.#jobs.values()].reverse();
  }

  checkInvariants(): void {
    assert(this.#jobs.size <= JOBS_MAX, 'the fetch queue keeps its limit');
    for (const job of this.#jobs.values()) {
      job.checkInvariants();
      assert(!job.isExhausted, 'a job without peers does not wait');
    }
  }

  /** Sessions are few, so an idle job is found at once. */
  #oldestIdle(): FetchJob | null {
    for (const job of this.#jobs.values()) if (job.isIdle) return job;
    return null;
  }
}

/** Ports on which metadata was fetched before: clients' defaults, mostly. */
export class GoodPorts {
  readonly #ports = new Set<number>();

  has(port: number): boolean {
    return this.#ports.has(port);
  }

  add(port: number): void {
    if (this.#ports.size < GOOD_PORTS_MAX) this.#ports.add(port);
  }
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

// What the peers of one infohash have sent of its info dictionary. Peers that agree on the size fill the same pieces, and
// one who comes later goes on where an earlier one left. When the hash of such pieces is wrong, nobody knows yet who lied:
// from then on each peer fills pieces of its own, and the true dictionary, once there is one, tells the liars.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { type GivenBlocks, type MetadataMemory, MetadataPieces } from './metadata-pieces.ts';

/** Sizes that peers name for one infohash and that are kept; all but one are lies. */
const SETS_MAX = 2;

export class JobBlocks {
  readonly #memory: MetadataMemory;
  #sets: MetadataPieces[] = [];
  #isShared = true;
  /** Pieces of several peers with a wrong hash. */
  #suspect: GivenBlocks | null = null;
  #suspectBytes = 0;

  constructor(memory: MetadataMemory) {
    this.#memory = memory;
  }

  get heldBytes(): number {
    return this.#sets.reduce((sum, set) => sum + set.receivedBytes, this.#suspectBytes);
  }

  /** The pieces that a peer which names `sizeBytes` is to fill. */
  join(sizeBytes: number): MetadataPieces {
    const shared = this.#isShared ? this.#sets.find((set) => set.sizeBytes === sizeBytes) : undefined;
    if (shared) return shared;
    const idle = this.#sets.length < SETS_MAX ? undefined : this.#sets.find((set) => !set.isAsked);
    if (idle) this.#drop(idle);
    const pieces = new MetadataPieces(sizeBytes, this.#memory);
    this.#sets.push(pieces);
    return pieces;
  }

  /** `peer` has ended its part. */
  leave(pieces: MetadataPieces, peer: Contact): void {
    pieces.leave(peer);
    const isOfUse = pieces.receivedBytes > 0 && this.#isShared;
    if (!isOfUse && !pieces.isAsked) this.#drop(pieces);
  }

  /** Takes complete pieces out, to be verified. */
  take(pieces: MetadataPieces): GivenBlocks {
    const given = pieces.take();
    this.#drop(pieces);
    return given;
  }

  /** Several peers gave these, and their hash is wrong. */
  distrust(given: GivenBlocks): void {
    this.#isShared = false;
    for (const set of this.#sets) if (!set.isAsked) this.#drop(set);
    const bytes = given.blocks.reduce((sum, block) => sum + block.length, 0);
    if (this.#suspect !== null || !this.#memory.take(bytes)) return;
    this.#suspect = given;
    this.#suspectBytes = bytes;
  }

  /** Who gave something else than the true `blocks`. */
  liars(blocks: readonly Uint8Array[]): Set<Contact> {
    const liars = new Set<Contact>();
    this.#suspect?.givenBy.forEach((peer, index) => {
      const [said, truth] = [this.#suspect!.blocks[index]!, blocks[index]];
      if (truth === undefined || Buffer.compare(said, truth) !== 0) liars.add(peer);
    });
    return liars;
  }

  /** Forgets what nobody is being asked for. */
  releaseIdle(): void {
    for (const set of [...this.#sets]) if (!set.isAsked) this.#drop(set);
    this.#forgetSuspect();
  }

  /** Forgets everything. */
  release(): void {
    for (const set of this.#sets.splice(0)) set.release();
    this.#forgetSuspect();
  }

  checkInvariants(): void {
    assert(this.#sets.length <= SETS_MAX, 'few sets of pieces for each infohash');
    for (const set of this.#sets) set.checkInvariants();
  }

  #drop(pieces: MetadataPieces): void {
    pieces.release();
    this.#sets = this.#sets.filter((set) => set !== pieces);
  }

  #forgetSuspect(): void {
    this.#memory.giveBack(this.#suspectBytes);
    this.#suspectBytes = 0;
    this.#suspect = null;
  }
}

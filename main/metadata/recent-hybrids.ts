// Both infohashes of the hybrids fetched last. Nodes sample the two minutes apart, and the catalogue may not have
// committed the first when the second arrives.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { VerifiedMetadata } from './verify-metadata.ts';

/** Infohashes; the oldest go first. */
const INFOHASHES_MAX = 4096;

export class RecentHybrids {
  readonly #keys = new Set<string>();

  has(infohash: Uint8Array): boolean {
    return this.#keys.has(toKey(infohash));
  }

  /** Both infohashes of a hybrid, remembered from now on; none of another torrent. */
  note({ infohashV1, infohashV2 }: Pick<VerifiedMetadata, 'infohashV1' | 'infohashV2'>): readonly Uint8Array[] {
    if (!infohashV1 || !infohashV2) return [];
    const both = [infohashV1, infohashV2.subarray(0, IDENTIFIER_BYTES)];
    for (const infohash of both) this.#add(infohash);
    return both;
  }

  checkInvariants(): void {
    assert(this.#keys.size <= INFOHASHES_MAX, 'the hybrids remembered keep their limit');
  }

  #add(infohash: Uint8Array): void {
    const key = toKey(infohash);
    this.#keys.delete(key);
    this.#keys.add(key);
    for (const oldest of this.#keys) {
      if (this.#keys.size <= INFOHASHES_MAX) break;
      this.#keys.delete(oldest);
    }
  }
}

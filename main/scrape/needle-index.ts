// Which needle is nearest to an id: asked for every contact that anybody names to us. The first 32 bits of each needle lie
// side by side, and tell them apart but for one id in millions.
import { assert } from '../base/assert.ts';
import { compareDistance } from '../base/identifier.ts';
import { headOf } from './candidates.ts';

export class NeedleIndex {
  readonly #needles: Uint8Array[];
  readonly #heads: Uint32Array;

  /** At least one. */
  constructor(needles: readonly Uint8Array[]) {
    this.#needles = [...needles];
    this.#heads = Uint32Array.from(needles, headOf);
  }

  set(place: number, needle: Uint8Array): void {
    this.#needles[place] = needle;
    this.#heads[place] = headOf(needle);
  }

  /** The place of the nearest by XOR. */
  nearest(id: Uint8Array): number {
    const heads = this.#heads;
    const head = headOf(id);
    let nearest = 0;
    let nearestDistance = (heads[0]! ^ head) >>> 0;
    for (let place = 1; place < heads.length; place++) {
      const distance = (heads[place]! ^ head) >>> 0;
      if (distance > nearestDistance) continue;
      if (distance === nearestDistance && compareDistance(id, this.#needles[place]!, this.#needles[nearest]!) >= 0)
        continue;
      nearest = place;
      nearestDistance = distance;
    }
    return nearest;
  }

  checkInvariants(needles: readonly Uint8Array[]): void {
    assert(needles.length === this.#needles.length, 'every needle is indexed');
    needles.forEach((needle, place) => {
      assert(this.#needles[place] === needle && this.#heads[place] === headOf(needle), 'a needle is at its place');
    });
  }
}

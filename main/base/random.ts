// Randomness is handed in, so that a failing simulation can be replayed from its seed.
// This is the only file that may ask the system for random bytes.
import { randomFillSync } from 'node:crypto';

export interface Random {
  /** Fills `target` with random bytes and returns it. */
  fill<T extends Uint8Array>(target: T): T;
  /** A fresh array of `count` random bytes. */
  bytes(count: number): Uint8Array;
  /** 0 to 2^32 - 1. */
  uint32(): number;
  /** A whole number from 0 to `limit` - 1; `limit` from 1 to 2^32. */
  below(limit: number): number;
  /** 0 inclusive to 1 exclusive. */
  fraction(): number;
}

const POOL_BYTES = 4096;

/** Unpredictable: transaction ids, tokens and node ids depend on it. Reads the system in pools, one call per 4 KiB. */
export function createSystemRandom(): Random {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return fromBytes((target) => {
    if (target.length > POOL_BYTES) {
      randomFillSync(target);
      return;
    }
    if (used + target.length > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    // Most want four bytes: a view of the pool would cost more than they do.
    for (let index = 0; index < target.length; index++) target[index] = pool[used + index]!;
    used += target.length;
  });
}

/** Repeatable: the same `seed` (any whole number) gives the same sequence (xoshiro128**, seeded by splitmix32). */
export function createSeededRandom(seed: number): Random {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitmix(),
    b = splitmix(),
    c = splitmix(),
    d = splitmix();
  const next = (): number => {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return fromBytes((target) => {
    for (let index = 0; index < target.length; index += 4) {
      const word = next();
      for (let byte = 0; byte < 4 && index + byte < target.length; byte++) target[index + byte] = word >>> (8 * byte);
    }
  });
}

function fromBytes(fillBytes: (target: Uint8Array) => void): Random {
  const word = new Uint8Array(4);
  const uint32 = (): number => {
    fillBytes(word);
    return (word[0]! | (word[1]! << 8) | (word[2]! << 16) | (word[3]! << 24)) >>> 0;
  };
  return {
    fill: (target) => {
      fillBytes(target);
      return target;
    },
    bytes: (count) => {
      const target = new Uint8Array(count);
      fillBytes(target);
      return target;
    },
    uint32,
    below: (limit) => Math.floor((uint32() / 2 ** 32) * limit),
    fraction: () => uint32() / 2 ** 32,
  };
}

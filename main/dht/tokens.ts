// Tokens of get_peers (BEP 5): who announces must show that he can receive at the address he speaks from.
// A keyed hash of the address (BEP 5 proposes SHA-1 of address and secret, which costs as much as the rest of the answer);
// the key changes every five minutes, and tokens of the one before are still taken.
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { HASH_KEY_BYTES, KeyedHash } from '../base/keyed-hash.ts';
import type { Random } from '../base/random.ts';
import { ipv4Parts, readIpv4 } from '../wire/compact-contacts.ts';

/** BEP 5: "changes the secret every five minutes and tokens up to ten minutes old are accepted". */
export const SECRET_LIFE_MS = 5 * 60_000;
/** Nobody guesses one within ten minutes, and replies stay small (libtorrent sends 4 bytes). */
export const TOKEN_BYTES = 8;
/** The longest address as text, an IPv4-mapped one in full. */
const HOST_BYTES_MAX = 45;

const IPV4_BYTES = 4;

/** 128 bits of key: each half of a token has one of its own. */
interface Secret {
  readonly head: KeyedHash;
  readonly tail: KeyedHash;
}

export class Tokens {
  readonly #clock: Clock;
  readonly #random: Random;
  #secret: Secret;
  #secretBefore: Secret;
  #changedAtMs: number;
  readonly #host = new Uint8Array(HOST_BYTES_MAX);
  readonly #issued = new Uint8Array(TOKEN_BYTES);
  readonly #expected = new Uint8Array(TOKEN_BYTES);

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#secret = newSecret(random);
    this.#secretBefore = newSecret(random);
    this.#changedAtMs = clock.nowMs();
  }

  /** The token for whoever asks from `host`; the bytes are those of the next one at the next call. */
  issue(host: string, nowMs = this.#clock.nowMs()): Uint8Array {
    this.#changeSecrets(nowMs);
    return this.#write(this.#secret, host, this.#issued);
  }

  /** Takes the same time whatever is wrong with a token of the right length. */
  isValid(host: string, token: Uint8Array): boolean {
    this.#changeSecrets(this.#clock.nowMs());
    if (token.length !== TOKEN_BYTES) return false;
    const isCurrent = timingSafeEqual(token, this.#write(this.#secret, host, this.#expected));
    const isEarlier = timingSafeEqual(token, this.#write(this.#secretBefore, host, this.#expected));
    return isCurrent || isEarlier;
  }

  #changeSecrets(nowMs: number): void {
    const ageMs = nowMs - this.#changedAtMs;
    if (ageMs < SECRET_LIFE_MS) return;
    this.#secretBefore = ageMs < 2 * SECRET_LIFE_MS ? this.#secret : newSecret(this.#random);
    this.#secret = newSecret(this.#random);
    // On the beat of five minutes, not whenever somebody asks: or a token could live for fifteen.
    this.#changedAtMs += ageMs - (ageMs % SECRET_LIFE_MS);
  }

  #write({ head, tail }: Secret, host: string, into: Uint8Array): Uint8Array {
    const length = this.#load(host);
    head.digest(this.#host, 0, length);
    tail.digest(this.#host, 0, length);
    for (let byte = 0; byte < 4; byte++) {
      into[byte] = head.low >>> (8 * byte);
      into[4 + byte] = tail.low >>> (8 * byte);
    }
    return into;
  }

  /** What stands for `host` in a hash: the four bytes of an IPv4 address, else the text. Returns its length. */
  #load(host: string): number {
    if (readIpv4(host)) {
      for (let index = 0; index < IPV4_BYTES; index++) this.#host[index] = ipv4Parts[index]!;
      return IPV4_BYTES;
    }
    const length = Math.min(host.length, HOST_BYTES_MAX);
    for (let index = 0; index < length; index++) this.#host[index] = host.charCodeAt(index);
    return length;
  }
}

function newSecret(random: Random): Secret {
  const keys = random.bytes(2 * HASH_KEY_BYTES);
  return {
    head: new KeyedHash(keys.subarray(0, HASH_KEY_BYTES)),
    tail: new KeyedHash(keys.subarray(HASH_KEY_BYTES)),
  };
}

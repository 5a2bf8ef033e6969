// Tokens of get_peers (BEP 5): who announces must show that he can receive at the address he speaks from.
// SHA-1 of secret and address; the secret changes every five minutes, and tokens of the one before are still taken.
import { hash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

/** BEP 5: "changes the secret every five minutes and tokens up to ten minutes old are accepted". */
export const SECRET_LIFE_MS = 5 * 60_000;
/** 64 bits of SHA-1: nobody guesses one within ten minutes, and replies stay small (libtorrent sends 4 bytes). */
export const TOKEN_BYTES = 8;
const SECRET_BYTES = 16;
/** Who asks usually asks again: tokens handed out lately, forgotten with their secret. */
const ISSUED_MAX = 1_024;

export class Tokens {
  readonly #clock: Clock;
  readonly #random: Random;
  #secret: string;
  #secretBefore: string;
  #changedAtMs: number;
  readonly #issued = new Map<string, Uint8Array>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#secret = newSecret(random);
    this.#secretBefore = newSecret(random);
    this.#changedAtMs = clock.nowMs();
  }

  /** The token for whoever asks from `host`. Not to be changed by the caller. */
  issue(host: string): Uint8Array {
    this.#changeSecrets();
    const known = this.#issued.get(host);
    if (known !== undefined) return known;
    if (this.#issued.size >= ISSUED_MAX) this.#issued.clear();
    const token = tokenOf(this.#secret, host);
    this.#issued.set(host, token);
    return token;
  }

  /** Takes the same time whatever is wrong with a token of the right length. */
  isValid(host: string, token: Uint8Array): boolean {
    this.#changeSecrets();
    if (token.length !== TOKEN_BYTES) return false;
    const isCurrent = timingSafeEqual(token, tokenOf(this.#secret, host));
    const isEarlier = timingSafeEqual(token, tokenOf(this.#secretBefore, host));
    return isCurrent || isEarlier;
  }

  #changeSecrets(): void {
    const ageMs = this.#clock.nowMs() - this.#changedAtMs;
    if (ageMs < SECRET_LIFE_MS) return;
    this.#secretBefore = ageMs < 2 * SECRET_LIFE_MS ? this.#secret : newSecret(this.#random);
    this.#secret = newSecret(this.#random);
    this.#changedAtMs = this.#clock.nowMs();
    this.#issued.clear();
  }
}

function tokenOf(secret: string, host: string): Uint8Array {
  return hash('sha1', secret + host, 'buffer').subarray(0, TOKEN_BYTES);
}

function newSecret(random: Random): string {
  return Buffer.from(random.bytes(SECRET_BYTES)).toString('hex');
}

// Peer encryption as the one who dials sees it ("Message Stream Encryption", Azureus wiki): bytes in, bytes out, no
// connection. Both RC4 and plain text are offered; what is encrypted costs us little, what is plain costs less.
//   1 we:   public key, 0 to 512 random bytes
//   2 they: public key, 0 to 512 random bytes
//   3 we:   H(req1, S), H(req2, infohash) ^ H(req3, S), encrypted: VC, what we offer, padding, the first words
//   4 they: encrypted: VC, what they chose, padding; from there on the stream, in the way that they chose
import type { Random } from '../../base/random.ts';
import type { Rc4 } from '../../wire/rc4.ts';
import { createCipher, createKeyPair, labelledHash, PUBLIC_KEY_BYTES, sharedSecret, type KeyPair } from './mse-keys.ts';

export const PAD_BYTES_MAX = 512;
/** The verification constant: eight zeros. Encrypted, it marks the end of the padding. */
export const VC_BYTES = 8;
const PLAIN = 1;
const RC4 = 2;
/** VC, what we offer, the length of no padding. */
const OFFER = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, PLAIN | RC4, 0, 0]);
const CHOICE_BYTES = 4 + 2;
const HELD_BYTES_MAX = PUBLIC_KEY_BYTES + PAD_BYTES_MAX + VC_BYTES;

export type HandshakeStep =
  | { readonly kind: 'more' }
  /** Send these bytes; more is to come. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** `rest` is the beginning of the stream, already readable; null ciphers: it goes on in plain text. */
  | { readonly kind: 'done'; readonly rest: Uint8Array; readonly encrypt: Rc4 | null; readonly decrypt: Rc4 | null }
  | { readonly kind: 'failed' };

const MORE: HandshakeStep = { kind: 'more' };
const FAILED: HandshakeStep = { kind: 'failed' };

export class MseHandshake {
  readonly #infohash: Uint8Array;
  readonly #random: Random;
  readonly #keys: KeyPair;
  /** The first words of the stream, sent with the third message: that saves a round trip. */
  readonly #firstWords: Uint8Array;
  readonly #held = new Uint8Array(HELD_BYTES_MAX);
  #heldBytes = 0;
  /** Where the search for the end of the padding goes on. */
  #searchAt = PUBLIC_KEY_BYTES;
  #encrypt: Rc4 | null = null;
  #decrypt: Rc4 | null = null;
  /** What VC looks like when it comes, once the secret is known. */
  #marker: Uint8Array | null = null;
  #hasMarker = false;
  readonly #choice = new Uint8Array(CHOICE_BYTES);
  #choiceBytes = 0;
  #padBytes = 0;

  constructor(infohash: Uint8Array, firstWords: Uint8Array, random: Random) {
    this.#infohash = infohash;
    this.#firstWords = firstWords;
    this.#random = random;
    this.#keys = createKeyPair(random);
  }

  /** The first message. */
  hello(): Uint8Array {
    return Buffer.concat([this.#keys.publicKey, this.#random.bytes(this.#random.below(PAD_BYTES_MAX + 1))]);
  }

  /**
   * Takes the next bytes of the peer, which are changed in place. After `send` call it again with no bytes; after `done`
   * and `failed` not at all.
   */
  receive(chunk: Uint8Array): HandshakeStep {
    let rest = chunk;
    if (!this.#hasMarker) {
      const taken = Math.min(rest.length, HELD_BYTES_MAX - this.#heldBytes);
      this.#held.set(rest.subarray(0, taken), this.#heldBytes);
      this.#heldBytes += taken;
      if (this.#heldBytes < PUBLIC_KEY_BYTES) return MORE;
      if (!this.#marker) return this.#answerKey(rest.subarray(taken));
      const end = this.#findMarker();
      if (end < 0) return this.#heldBytes < HELD_BYTES_MAX ? MORE : FAILED;
      this.#hasMarker = true;
      // What was held behind the marker, and what was not held at all.
      rest = Buffer.concat([this.#held.subarray(end, this.#heldBytes), rest.subarray(taken)]);
    }
    return this.#readChoice(rest);
  }

  /** Bytes that did not fit are lost; nobody may send so many before our answer. */
  #answerKey(overflow: Uint8Array): HandshakeStep {
    if (overflow.length > 0) return FAILED;
    const secret = sharedSecret(this.#keys.privateKey, this.#held.subarray(0, PUBLIC_KEY_BYTES));
    if (!secret) return FAILED;
    this.#encrypt = createCipher('keyA', secret, this.#infohash);
    this.#decrypt = createCipher('keyB', secret, this.#infohash);
    this.#marker = this.#decrypt.apply(new Uint8Array(VC_BYTES));
    const who = labelledHash('req2', this.#infohash);
    const mask = labelledHash('req3', secret);
    for (let index = 0; index < who.length; index++) who[index]! ^= mask[index]!;
    const words = this.#firstWords;
    const wordsLength = Uint8Array.of(words.length >> 8, words.length & 0xff);
    const encrypted = this.#encrypt.apply(Buffer.concat([OFFER, wordsLength, words]));
    return { kind: 'send', bytes: Buffer.concat([labelledHash('req1', secret), who, encrypted]) };
  }

  /** Where the marker ends among the held bytes, or -1. */
  #findMarker(): number {
    const marker = this.#marker!;
    for (; this.#searchAt + VC_BYTES <= this.#heldBytes; this.#searchAt++) {
      let matching = 0;
      while (matching < VC_BYTES && this.#held[this.#searchAt + matching] === marker[matching]) matching++;
      if (matching === VC_BYTES) return this.#searchAt + VC_BYTES;
    }
    return -1;
  }

  #readChoice(bytes: Uint8Array): HandshakeStep {
    const decrypt = this.#decrypt!;
    let rest = bytes;
    if (this.#choiceBytes < CHOICE_BYTES) {
      const part = decrypt.apply(rest.subarray(0, CHOICE_BYTES - this.#choiceBytes));
      this.#choice.set(part, this.#choiceBytes);
      this.#choiceBytes += part.length;
      rest = rest.subarray(part.length);
      if (this.#choiceBytes < CHOICE_BYTES) return MORE;
      this.#padBytes = this.#choice[4]! * 256 + this.#choice[5]!;
      if (!this.#isChoiceRight() || this.#padBytes > PAD_BYTES_MAX) return FAILED;
    }
    const pad = decrypt.apply(rest.subarray(0, this.#padBytes));
    this.#padBytes -= pad.length;
    if (this.#padBytes > 0) return MORE;
    rest = rest.subarray(pad.length);
    if (this.#choice[3] === PLAIN) return { kind: 'done', rest, encrypt: null, decrypt: null };
    return { kind: 'done', rest: decrypt.apply(rest), encrypt: this.#encrypt, decrypt };
  }

  /** One of the two that we offered, not both and nothing else. */
  #isChoiceRight(): boolean {
    const [a, b, c, choice] = this.#choice;
    return a === 0 && b === 0 && c === 0 && (choice === PLAIN || choice === RC4);
  }
}

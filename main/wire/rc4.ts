// RC4, as peer encryption has it. Not for secrets: it hides the protocol from the eye of a provider, no more. Our own,
// because OpenSSL 3 keeps it in a provider that is not loaded.

const STATE_BYTES = 256;

export class Rc4 {
  readonly #state = new Uint8Array(STATE_BYTES);
  #i = 0;
  #j = 0;

  /** `key` of 1 to 256 bytes; the first `skippedBytes` of the key stream are not used. */
  constructor(key: Uint8Array, skippedBytes: number) {
    const state = this.#state;
    for (let index = 0; index < STATE_BYTES; index++) state[index] = index;
    for (let i = 0, j = 0; i < STATE_BYTES; i++) {
      const value = state[i]!;
      j = (j + value + key[i % key.length]!) & 0xff;
      state[i] = state[j]!;
      state[j] = value;
    }
    this.apply(new Uint8Array(skippedBytes));
  }

  /** Encrypts or decrypts `bytes` in place and returns them. */
  apply<T extends Uint8Array>(bytes: T): T {
    const state = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let index = 0; index < bytes.length; index++) {
      i = (i + 1) & 0xff;
      const a = state[i]!;
      j = (j + a) & 0xff;
      const b = state[j]!;
      state[i] = b;
      state[j] = a;
      bytes[index]! ^= state[(a + b) & 0xff]!;
    }
    this.#i = i;
    this.#j = j;
    return bytes;
  }
}

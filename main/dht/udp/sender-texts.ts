// Who sent a datagram, as text. Making the text of an address costs more than reading the datagram, and nearly everybody who
// sends one was sent one a moment before, or sends several: so the texts of some addresses are kept.
import type { Contact } from '../../base/contact.ts';
import { readContact4, readContact6, readPort } from '../../wire/compact-contacts.ts';

/** A power of two; each holds the address that needed the place last. */
const PLACES = 2_048;
/** Knuth's multiplicative hash takes the upper bits. */
const PLACE_SHIFT = 32 - Math.log2(PLACES);
const GOLDEN_RATIO = 0x9e3779b1;

export class SenderTexts {
  readonly #isV6: boolean;
  readonly #words: Uint32Array;
  readonly #texts: string[];

  constructor(isV6: boolean) {
    this.#isV6 = isV6;
    this.#words = new Uint32Array(isV6 ? 0 : PLACES);
    this.#texts = new Array<string>(isV6 ? 0 : PLACES).fill('');
  }

  /** `host` was sent to. `word`: its four bytes, read as the machine reads a number. */
  note(word: number, host: string): void {
    if (this.#isV6) return;
    const place = Math.imul(word, GOLDEN_RATIO) >>> PLACE_SHIFT;
    this.#words[place] = word;
    this.#texts[place] = host;
  }

  /** The compact contact at `at`, which is a multiple of four; `words` is the memory of `bytes`. */
  read(bytes: Uint8Array, words: Uint32Array, at: number): Contact {
    if (this.#isV6) return readContact6(bytes, at);
    const word = words[at >> 2]!;
    const place = Math.imul(word, GOLDEN_RATIO) >>> PLACE_SHIFT;
    if (this.#words[place] === word && this.#texts[place] !== '') {
      return { host: this.#texts[place]!, port: readPort(bytes, at + 4) };
    }
    const contact = readContact4(bytes, at);
    this.#words[place] = word;
    this.#texts[place] = contact.host;
    return contact;
  }
}

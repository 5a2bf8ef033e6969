// The names of a segment's rows, one after another in UTF-8: 52 bytes each on the average, where a string takes twice that.

/** A name in the bytes of a segment: from `start` to `end`. */
export interface NameSlice {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Most UTF-16 units take one byte, none takes more than this. */
const BYTES_PER_UNIT_MAX = 3;
const BYTES_EXPECTED = 48;

/** Collects names (or terms) while a segment is built. */
export class NameBytes {
  #bytes: Buffer;
  #end = 0;
  readonly #ends: number[] = [0];

  constructor(countExpected: number, bytesExpected = BYTES_EXPECTED) {
    this.#bytes = ownBuffer(countExpected * bytesExpected);
  }

  /** Lone surrogates become U+FFFD, as in the catalogue. */
  add(name: string | NameSlice): void {
    if (typeof name === 'string') {
      this.#makeRoom(name.length * BYTES_PER_UNIT_MAX);
      this.#end += this.#bytes.write(name, this.#end);
    } else {
      this.#makeRoom(name.end - name.start);
      this.#bytes.set(name.bytes.subarray(name.start, name.end), this.#end);
      this.#end += name.end - name.start;
    }
    this.#ends.push(this.#end);
  }

  finish(): { readonly nameBytes: Uint8Array<ArrayBuffer>; readonly nameStarts: Uint32Array<ArrayBuffer> } {
    return {
      nameBytes: new Uint8Array(this.#bytes.subarray(0, this.#end)), // a copy, just as long as it has to be
      nameStarts: Uint32Array.from(this.#ends),
    };
  }

  #makeRoom(byteCount: number): void {
    if (this.#end + byteCount <= this.#bytes.length) return;
    const grown = ownBuffer(2 * (this.#end + byteCount));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}

/** With memory of its own: what a segment keeps is transferred between threads. */
const ownBuffer = (length: number): Buffer<ArrayBuffer> => Buffer.from(new ArrayBuffer(length));

/** Reads names out of a segment. */
export class NameReader {
  readonly #bytes: Buffer;
  readonly #starts: Uint32Array;

  constructor({ nameBytes, nameStarts }: { readonly nameBytes: Uint8Array; readonly nameStarts: Uint32Array }) {
    this.#bytes = Buffer.from(nameBytes.buffer, nameBytes.byteOffset, nameBytes.byteLength);
    this.#starts = nameStarts;
  }

  read(row: number): string {
    return this.#bytes.toString('utf8', this.#starts[row], this.#starts[row + 1]);
  }
}

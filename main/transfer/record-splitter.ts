// Cuts a stream of bytes into records: lines, or CSV records, whose line ends inside quotes belong to them (RFC 4180).
// Bounded: a record beyond the limit is given up and its bytes are let go, so that a file without line ends costs nothing.

export interface RawRecord {
  /** Without its line end; null when it was too long. */
  readonly bytes: Uint8Array | null;
  /** Where it begins, from 1 on. */
  readonly line: number;
}

export interface SplitterOptions {
  /** True: a line end inside quotes does not end the record. */
  readonly isQuoted: boolean;
  readonly recordBytesMax: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;

export class RecordSplitter {
  readonly #options: SplitterOptions;
  readonly #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #isInQuotes = false;
  /** The record is too long: everything up to the next line end goes. */
  #isDiscarding = false;
  #line = 1;
  #recordLine = 1;

  constructor(options: SplitterOptions) {
    this.#options = options;
  }

  /** The records that end in `chunk`, which may be reused afterwards. */
  push(chunk: Uint8Array): RawRecord[] {
    const records: RawRecord[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE && this.#options.isQuoted && !this.#isDiscarding) this.#isInQuotes = !this.#isInQuotes;
      if (byte !== LINE_FEED) continue;
      this.#line++;
      if (this.#isInQuotes && !this.#isTooLong(at - start)) continue;
      records.push(this.#finish(chunk.subarray(start, at)));
      start = at + 1;
    }
    this.#keep(chunk.subarray(start));
    return records;
  }

  /** What stands behind the last line end, if anything does. */
  end(): RawRecord[] {
    if (this.#partsBytes === 0 && !this.#isDiscarding) return [];
    return [this.#finish(new Uint8Array(0))];
  }

  #isTooLong(moreBytes: number): boolean {
    return this.#isDiscarding || this.#partsBytes + moreBytes > this.#options.recordBytesMax;
  }

  #finish(last: Uint8Array): RawRecord {
    const isTooLong = this.#isTooLong(last.length);
    const bytes = isTooLong ? null : withoutReturn(Buffer.concat([...this.#parts, last]));
    const record = { bytes, line: this.#recordLine };
    this.#forget();
    this.#isDiscarding = false;
    this.#isInQuotes = false;
    this.#recordLine = this.#line;
    return record;
  }

  #keep(rest: Uint8Array): void {
    if (this.#isTooLong(rest.length)) {
      this.#forget();
      this.#isDiscarding = true;
      this.#isInQuotes = false;
    } else if (rest.length > 0) {
      this.#parts.push(Uint8Array.from(rest));
      this.#partsBytes += rest.length;
    }
  }

  #forget(): void {
    this.#parts.length = 0;
    this.#partsBytes = 0;
  }
}

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}

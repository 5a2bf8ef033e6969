// Cuts the byte stream that follows the BitTorrent handshake into messages (BEP 3: u32 length, id, payload).
// Only extension messages (BEP 10) are handed out; all others are counted and skipped as they stream by, so a bitfield
// of 256 KiB costs no memory. Whatever arrives, it never throws and never holds more than one extension message.

/** BEP 10: the id of an extension message. */
export const EXTENDED_MESSAGE_ID = 20;
/** protocol.md 4.3: a 16 KiB block and its dictionary fit; libtorrent has the same limit. */
export const EXTENDED_MESSAGE_BYTES_MAX = 17 * 1024;
/** protocol.md 4.3: the bitfield of a torrent of two million pieces fits. */
export const OTHER_MESSAGE_BYTES_MAX = 256 * 1024;

const LENGTH_BYTES = 4;

export type StreamProblem = 'extended-message-too-long' | 'message-too-long';

/** `payload` is valid until the handler returns. Returning false ends the reading: the rest of the chunk is not looked at. */
export type OnExtended = (extendedId: number, payload: Uint8Array) => boolean;

export class MessageStream {
  /** Messages of every kind whose length has been read, keep-alives included. */
  messageCount = 0;
  readonly #onExtended: OnExtended;
  readonly #length = new Uint8Array(LENGTH_BYTES);
  #lengthBytes = 0;
  /** Bytes of the current message still to come; -1 while its length is being read. */
  #remaining = -1;
  /** Null: the id of the message has not been read. */
  #id: number | null = null;
  /** Holds an extension message that came in several chunks; made when the first one does. */
  #partial: Uint8Array | null = null;
  #partialBytes = 0;

  constructor(onExtended: OnExtended) {
    this.#onExtended = onExtended;
  }

  /** Reads the next `chunk`. After a problem, or after the handler said false, the stream must not be used again. */
  push(chunk: Uint8Array): StreamProblem | null {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining < 0) {
        this.#length[this.#lengthBytes++] = chunk[at++]!;
        if (this.#lengthBytes === LENGTH_BYTES) this.#begin();
        continue;
      }
      if (this.#id === null) {
        this.#id = chunk[at++]!;
        this.#remaining--;
        const problem = this.#checkLength();
        if (problem) return problem;
        if (this.#remaining === 0) this.#end();
        continue;
      }
      const taken = Math.min(this.#remaining, chunk.length - at);
      if (this.#id === EXTENDED_MESSAGE_ID && !this.#takeExtended(chunk.subarray(at, at + taken))) return null;
      at += taken;
      this.#remaining -= taken;
      if (this.#remaining === 0) this.#end();
    }
    return null;
  }

  #begin(): void {
    const [a, b, c, d] = this.#length as unknown as [number, number, number, number];
    const bytes = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    this.messageCount++;
    this.#lengthBytes = 0;
    this.#remaining = bytes === 0 ? -1 : bytes;
    this.#id = null;
  }

  #end(): void {
    this.#remaining = -1;
    this.#partialBytes = 0;
  }

  #checkLength(): StreamProblem | null {
    const bytes = this.#remaining + 1;
    if (this.#id === EXTENDED_MESSAGE_ID) {
      return bytes > EXTENDED_MESSAGE_BYTES_MAX ? 'extended-message-too-long' : null;
    }
    return bytes > OTHER_MESSAGE_BYTES_MAX ? 'message-too-long' : null;
  }

  /** Takes the next `bytes` of an extension message and hands it out once it is whole; false when reading must end. */
  #takeExtended(bytes: Uint8Array): boolean {
    const isWhole = bytes.length === this.#remaining;
    if (isWhole && this.#partialBytes === 0) return this.#onExtended(bytes[0]!, bytes.subarray(1));
    this.#partial ??= new Uint8Array(EXTENDED_MESSAGE_BYTES_MAX);
    this.#partial.set(bytes, this.#partialBytes);
    this.#partialBytes += bytes.length;
    if (!isWhole) return true;
    return this.#onExtended(this.#partial[0]!, this.#partial.subarray(1, this.#partialBytes));
  }
}

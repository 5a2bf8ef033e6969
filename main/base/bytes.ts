// Small helpers over byte arrays that several rooms need. Nothing here knows a protocol.

/** Lower-case hexadecimal text of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The bytes that `text` (hexadecimal, even length) spells, or null when it is not hexadecimal. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return null;
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** A string with one character a byte: the cheapest exact Map key for short byte strings. */
export function toKey(bytes: Uint8Array): string {
  // Nearly always an infohash or an id; to name the bytes one by one costs half of what a Buffer in between does.
  if (bytes.length === 20) return keyOf20(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function keyOf20(b: Uint8Array): string {
  // prettier-ignore
  return String.fromCharCode(
    b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!, b[6]!, b[7]!, b[8]!, b[9]!,
    b[10]!, b[11]!, b[12]!, b[13]!, b[14]!, b[15]!, b[16]!, b[17]!, b[18]!, b[19]!,
  );
}

/** True when both hold the same bytes. Not constant-time: for secrets use dht/tokens.ts. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

// Compact contacts: the address and port of a node or peer in 6 bytes (BEP 5) or 18 (BEP 32), after a node's 20 byte id
// 26 or 38. Lengths are the caller's to check first. Which addresses are allowed is not known here (dht/bogons.ts).
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';

export const PEER4_BYTES = 6;
export const PEER6_BYTES = 18;
export const NODE4_BYTES = IDENTIFIER_BYTES + PEER4_BYTES;
export const NODE6_BYTES = IDENTIFIER_BYTES + PEER6_BYTES;

/** Each number with its dot: making such texts was most of the price of a contact. */
const DOTTED = Array.from({ length: 256 }, (_, part) => `${part}.`);

/** The contact in the 6 bytes from `at` on. Its port may be 0: see readPort. */
export function readContact4(bytes: Uint8Array, at: number): Contact {
  assert(at >= 0 && at + PEER4_BYTES <= bytes.length, 'a compact contact lies inside its bytes');
  const host = DOTTED[bytes[at]!]! + DOTTED[bytes[at + 1]!]! + DOTTED[bytes[at + 2]!]! + String(bytes[at + 3]!);
  return { host, port: readPort(bytes, at + 4) };
}

/** The contact in the 18 bytes from `at` on, its host as Node's `net` prints it. */
export function readContact6(bytes: Uint8Array, at: number): Contact {
  assert(at >= 0 && at + PEER6_BYTES <= bytes.length, 'a compact contact lies inside its bytes');
  return { host: ipv6Text(bytes, at), port: readPort(bytes, at + 16) };
}

/** 0 to 65535; the two bytes at `at` in network order. */
export function readPort(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/**
 * Writes `contact` at `at` and returns its length: PEER4_BYTES or PEER6_BYTES, or 0 (nothing written) when the host is no
 * address or there is no room. A zone (`%eth0`) is left out.
 */
export function writeContact(into: Uint8Array, at: number, contact: Contact): number {
  const { host, port } = contact;
  const isV6 = host.includes(':');
  const length = isV6 ? PEER6_BYTES : PEER4_BYTES;
  if (at + length > into.length) return 0;
  if (isV6) {
    if (!writeIpv6(into, at, host)) return 0;
  } else {
    if (!readIpv4(host)) return 0;
    for (let index = 0; index < 4; index++) into[at + index] = ipv4Parts[index]!;
  }
  into[at + length - 2] = port >>> 8;
  into[at + length - 1] = port;
  return length;
}

/** The four numbers of the dotted quad that was read last. */
export const ipv4Parts = new Uint8Array(4);
/** Its text: the sender of a datagram is looked at several times in a row, by the sieve, the table and the answer. */
let ipv4Host = '0.0.0.0';

/** Reads a strict dotted quad into `ipv4Parts`, where it is until the next one is read. False: `host` is none. */
export function readIpv4(host: string): boolean {
  if (host === ipv4Host) return true;
  ipv4Host = host;
  if (writeIpv4(ipv4Parts, 0, host)) return true;
  ipv4Parts.fill(0);
  ipv4Host = '0.0.0.0';
  return false;
}

/** Strict dotted quad. */
function writeIpv4(into: Uint8Array, at: number, host: string): boolean {
  let part = 0;
  let digits = 0;
  let partCount = 0;
  for (let index = 0; index <= host.length; index++) {
    const code = index < host.length ? host.charCodeAt(index) : 0x2e;
    if (code === 0x2e) {
      if (digits === 0 || partCount === 4) return false;
      into[at + partCount++] = part;
      part = 0;
      digits = 0;
    } else {
      if (code < 0x30 || code > 0x39 || ++digits > 3) return false;
      part = part * 10 + (code - 0x30);
      if (part > 255) return false;
    }
  }
  return partCount === 4;
}

function writeIpv6(into: Uint8Array, at: number, host: string): boolean {
  const zoneAt = host.indexOf('%');
  const text = zoneAt === -1 ? host : host.slice(0, zoneAt);
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const head = ipv6Words(halves[0]!);
  const tail = ipv6Words(halves[1] ?? '');
  if (head === null || tail === null) return false;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return false;
  const words = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (let index = 0; index < 8; index++) {
    into[at + 2 * index] = words[index]! >>> 8;
    into[at + 2 * index + 1] = words[index]!;
  }
  return true;
}

/** The 16-bit words of one side of `::`, the last two perhaps written as a dotted quad; null if it is none. */
function ipv6Words(text: string): number[] | null {
  if (text === '') return [];
  const words: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const quad = new Uint8Array(4);
      if (!writeIpv4(quad, 0, part)) return null;
      words.push((quad[0]! << 8) | quad[1]!, (quad[2]! << 8) | quad[3]!);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return null;
      words.push(Number.parseInt(part, 16));
    }
  }
  return words.length <= 8 ? words : null;
}

/** RFC 5952 text, and like inet_ntop a dotted quad at the end of `::a.b.c.d` and `::ffff:a.b.c.d`. */
function ipv6Text(bytes: Uint8Array, at: number): string {
  let bestStart = -1;
  let bestLength = 1;
  let runStart = -1;
  for (let word = 0; word < 8; word++) {
    const isZero = bytes[at + 2 * word] === 0 && bytes[at + 2 * word + 1] === 0;
    if (!isZero) runStart = -1;
    else if (runStart === -1) runStart = word;
    if (isZero && word - runStart + 1 > bestLength) {
      bestStart = runStart;
      bestLength = word - runStart + 1;
    }
  }
  const isMapped = bestStart === 0 && bestLength === 5 && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
  const wordCount = isMapped || (bestStart === 0 && bestLength === 6) ? 6 : 8;
  let text = '';
  for (let word = 0; word < wordCount; word++) {
    if (word === bestStart) {
      text += '::';
      word += bestLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += ((bytes[at + 2 * word]! << 8) | bytes[at + 2 * word + 1]!).toString(16);
  }
  if (wordCount === 8) return text;
  const quad = `${bytes[at + 12]!}.${bytes[at + 13]!}.${bytes[at + 14]!}.${bytes[at + 15]!}`;
  return text.endsWith(':') ? text + quad : `${text}:${quad}`;
}

// A pasted infohash or magnet link. Pure; anything else is null.
import { fromHex, toHex } from '../base/bytes.ts';

/** The infohash that `text` is, or that the magnet link in it names, and the link's display name. */
export function readInfohash(text: string): { infohashHex: string; name: string } | null {
  if (/^magnet:\?/i.test(text)) {
    const link = new URLSearchParams(text.slice('magnet:?'.length));
    for (const topic of link.getAll('xt')) {
      const infohashHex = infohashOf(topic);
      if (infohashHex !== null) return { infohashHex, name: link.get('dn') ?? infohashHex };
    }
    return null;
  }
  const infohashHex = infohashOf(text.replace(/^hash:/i, ''));
  return infohashHex === null ? null : { infohashHex, name: infohashHex };
}

/** Reads `urn:btih:` (BEP 9), `urn:btmh:1220` (BEP 52: SHA-256 as a multihash) or the bare digits. */
function infohashOf(text: string): string | null {
  const digits = text.replace(/^urn:bt(ih:|mh:1220)/i, '');
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(digits)) return toHex(fromHex(digits)!);
  return /^[a-z2-7]{32}$/i.test(digits) ? base32ToHex(digits.toUpperCase()) : null;
}

function base32ToHex(digits: string): string {
  let bits = 0n;
  for (const digit of digits) bits = (bits << 5n) | BigInt('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit));
  return bits.toString(16).padStart(40, '0');
}

// Addresses that no packet of ours goes to and no contact may name: otherwise strangers could make us probe the network
// we sit in, or waste our budget. The list of protocol.md 4.1; RFC 6890 gives the reasons.
import type { Contact } from '../base/contact.ts';
import { ipv4Parts, PEER4_BYTES, PEER6_BYTES, readIpv4, readPort, writeContact } from '../wire/compact-contacts.ts';

export type ForbiddenReason = 'port-zero' | 'not-an-address' | 'local-address' | 'reserved-address';

export interface AddressRules {
  /** Private, link-local, carrier-grade and loopback addresses may be used: tests and closed networks. */
  readonly localAddressesAllowed: boolean;
}

/** Null: `contact` may be used. */
export function isForbidden(contact: Contact, { localAddressesAllowed }: AddressRules): ForbiddenReason | null {
  if (!(contact.port >= 1 && contact.port <= 65_535)) return 'port-zero';
  const reason = contact.host.includes(':') ? judgeV6(contact) : judgeV4(contact.host);
  return reason === 'local-address' && localAddressesAllowed ? null : reason;
}

/** The same for the compact contact of `length` (6 or 18) bytes at `at`: no text is made of it. */
export function isForbiddenAt(
  bytes: Uint8Array,
  at: number,
  length: number,
  { localAddressesAllowed }: AddressRules,
): ForbiddenReason | null {
  if (readPort(bytes, at + length - 2) === 0) return 'port-zero';
  const reason = judgeAt(bytes, at, length);
  return reason === 'local-address' && localAddressesAllowed ? null : reason;
}

/** isLocalHost for the compact contact of `length` (6 or 18) bytes at `at`. */
export function isLocalAt(bytes: Uint8Array, at: number, length: number): boolean {
  return judgeAt(bytes, at, length) === 'local-address';
}

/** Loopback, private and the like: BEP 42 asks nothing of ids there. False for what is no address. */
export function isLocalHost(host: string): boolean {
  return (host.includes(':') ? judgeV6({ host, port: 1 }) : judgeV4(host)) === 'local-address';
}

/** An IPv6 address that the whole internet can reach: 2000::/3 without Teredo and what is set aside (RFC 4291). */
export function isGlobalUnicast6(host: string): boolean {
  return host.includes(':') && judgeV6({ host, port: 1 }) === null && (scratch[0]! & 0xe0) === 0x20;
}

/** The address as a number from 0 to 2^32 - 1, or -1 if `host` is no dotted quad. */
export function ipv4Number(host: string): number {
  if (!readIpv4(host)) return -1;
  return ((ipv4Parts[0]! << 24) | (ipv4Parts[1]! << 16) | (ipv4Parts[2]! << 8) | ipv4Parts[3]!) >>> 0;
}

function judgeAt(bytes: Uint8Array, at: number, length: number): ForbiddenReason | null {
  return length === PEER4_BYTES ? judgeParts(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!) : judgeBytes6(bytes, at);
}

function judgeV4(host: string): ForbiddenReason | null {
  return readIpv4(host) ? judgeParts(ipv4Parts[0]!, ipv4Parts[1]!, ipv4Parts[2]!) : 'not-an-address';
}

function judgeParts(first: number, second: number, third: number): ForbiddenReason | null {
  if (first === 0 || first >= 224) return 'reserved-address'; // "this network"; multicast and above
  if (first === 10 || first === 127) return 'local-address';
  if (first === 100 && (second & 0xc0) === 64) return 'local-address'; // carrier-grade NAT
  if (first === 169 && second === 254) return 'local-address';
  if (first === 172 && (second & 0xf0) === 16) return 'local-address';
  if (first === 192) {
    if (second === 168) return 'local-address';
    if (second === 0 && (third === 0 || third === 2)) return 'reserved-address'; // protocol assignments, TEST-NET-1
  }
  if (first === 198 && ((second & 0xfe) === 18 || (second === 51 && third === 100))) return 'reserved-address';
  if (first === 203 && second === 0 && third === 113) return 'reserved-address'; // TEST-NET-3
  return null;
}

const scratch = new Uint8Array(PEER6_BYTES);

function judgeV6(contact: Contact): ForbiddenReason | null {
  return writeContact(scratch, 0, contact) === 0 ? 'not-an-address' : judgeBytes6(scratch, 0);
}

function judgeBytes6(bytes: Uint8Array, at: number): ForbiddenReason | null {
  const word = (index: number): number => readPort(bytes, at + 2 * index);
  const startsWithZeros = (words: number): boolean => {
    for (let index = 0; index < 2 * words; index++) if (bytes[at + index] !== 0) return false;
    return true;
  };
  if (startsWithZeros(7)) return word(7) === 1 ? 'local-address' : 'reserved-address'; // ::1; :: and the like
  if (startsWithZeros(5) && word(5) === 0xffff) return 'reserved-address'; // IPv4 in disguise
  if ((word(0) & 0xfe00) === 0xfc00 || (word(0) & 0xffc0) === 0xfe80) return 'local-address';
  if (word(0) >= 0xff00) return 'reserved-address'; // multicast
  if (word(0) === 0x2001 && (word(1) === 0x0db8 || word(1) === 0)) return 'reserved-address'; // documentation, Teredo
  return null;
}

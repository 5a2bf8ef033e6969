// Which network an address belongs to, as far as counting strangers is concerned: one who owns a /24 (v6: /64) owns all
// of its addresses.
import { toKey } from '../base/bytes.ts';
import { ipv4Parts, PEER6_BYTES, readIpv4, writeContact } from '../wire/compact-contacts.ts';
import { isLocalHost } from './bogons.ts';

/** A Map key. Of IPv4 a number, which costs a fraction of a text to make and to look up. */
export type SubnetKey = string | number;

/** A key for the /24 or /64 of `host`. On a local network every address is its own, as there is no other. */
export function subnetOf(host: string): SubnetKey {
  if (isLocalHost(host)) return host;
  if (host.includes(':')) return prefix64(host);
  return readIpv4(host) ? (ipv4Parts[0]! << 16) | (ipv4Parts[1]! << 8) | ipv4Parts[2]! : host;
}

/**
 * A Map key for whoever is behind `host`, as far as limits and bans go: an IPv4 address, but in IPv6 the /64, for one
 * customer has all of its 2^64 addresses and could speak from another one every time.
 */
export function holderOf(host: string): string {
  return host.includes(':') && !isLocalHost(host) ? prefix64(host) : host;
}

function prefix64(host: string): string {
  const bytes = new Uint8Array(PEER6_BYTES);
  writeContact(bytes, 0, { host, port: 1 });
  return toKey(bytes.subarray(0, 8));
}

// Which network an address belongs to, as far as counting strangers is concerned: one who owns a /24 (v6: /64) owns all
// of its addresses.
import { toKey } from '../base/bytes.ts';
import { PEER6_BYTES, writeContact } from '../wire/compact-contacts.ts';
import { isLocalHost } from './bogons.ts';

/** A Map key for the /24 or /64 of `host`. On a local network every address is its own, as there is no other. */
export function subnetOf(host: string): string {
  if (isLocalHost(host)) return host;
  if (!host.includes(':')) return host.slice(0, host.lastIndexOf('.'));
  const bytes = new Uint8Array(PEER6_BYTES);
  writeContact(bytes, 0, { host, port: 1 });
  return toKey(bytes.subarray(0, 8));
}

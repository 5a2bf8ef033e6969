// One number for the network that an address belongs to, for the cooldown: the whole address in IPv4, a keyed hash of
// the /64 in IPv6 (one customer owns all 2^64 addresses of it, and could answer from another one every second).
import type { KeyedHash } from '../base/keyed-hash.ts';

const prefixBytes = new Uint8Array(8);

/** 1 to 2^32 - 1. `host` is canonical text (base/contact.ts). */
export function addressKey(host: string, hash: KeyedHash): number {
  if (!host.includes(':')) return ipv4Number(host) || 1;
  writePrefix64(host, prefixBytes);
  hash.digest(prefixBytes);
  return hash.low || 1;
}

/** The four numbers of a dotted quad as one; 0 for anything else. */
export function ipv4Number(host: string): number {
  let value = 0;
  let part = 0;
  for (let index = 0; index < host.length; index++) {
    const code = host.charCodeAt(index);
    if (code === 46) {
      value = value * 256 + part;
      part = 0;
    } else part = part * 10 + (code - 48);
  }
  return (value * 256 + part) >>> 0;
}

function writePrefix64(host: string, into: Uint8Array): void {
  const [left = '', right] = host.split('::');
  const leftGroups = left === '' ? [] : left.split(':');
  const rightGroups = right === undefined || right === '' ? [] : right.split(':');
  const groups = [
    ...leftGroups,
    ...new Array<string>(Math.max(0, 8 - leftGroups.length - rightGroups.length)).fill('0'),
    ...rightGroups,
  ];
  for (let index = 0; index < 4; index++) {
    const value = parseInt(groups[index] ?? '0', 16) || 0;
    into[index * 2] = value >>> 8;
    into[index * 2 + 1] = value;
  }
}

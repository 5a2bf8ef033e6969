// How node ids are chosen: at random, within reach of a bucket, or bound to an address (BEP 42, "DHT Security extension"),
// which makes it costly to stand next to a chosen infohash.
// The BEP's prose says that 8 bytes are hashed; for IPv4 its code and its test vectors hash 4.
import { asNodeId, IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import { PEER6_BYTES, writeContact } from '../wire/compact-contacts.ts';
import { isLocalHost } from './bogons.ts';

const V4_MASK = Uint8Array.of(0x03, 0x0f, 0x3f, 0xff);
const V6_MASK = Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff);
/** Castagnoli's polynomial, reflected. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ CRC32C_POLYNOMIAL : crc >>> 1;
  return crc;
});

export function randomNodeId(random: Random): NodeId {
  return asNodeId(random.bytes(IDENTIFIER_BYTES));
}

/** A random id that shares exactly `depth` bits (0 to 159) with `selfId`: it falls into that bucket. */
export function randomIdAtDepth(selfId: Uint8Array, depth: number, random: Random): NodeId {
  const id = random.bytes(IDENTIFIER_BYTES);
  const byte = depth >> 3;
  id.set(selfId.subarray(0, byte));
  const keptBits = 0xff00 >> (depth & 7);
  const differentBit = 0x80 >> (depth & 7);
  const below = id[byte]! & ~keptBits & ~differentBit;
  id[byte] = (selfId[byte]! & keptBits) | (~selfId[byte]! & differentBit) | below;
  return asNodeId(id);
}

/** An id that BEP 42 accepts for `host`, otherwise random. `host` must be an address. */
export function secureNodeId(host: string, random: Random): NodeId {
  const id = random.bytes(IDENTIFIER_BYTES);
  const crc = addressCrc(host, id[19]!)!;
  id[0] = crc >>> 24;
  id[1] = crc >>> 16;
  id[2] = ((crc >>> 8) & 0xf8) | (id[2]! & 0x07);
  return asNodeId(id);
}

/** True if BEP 42 accepts `id` at `host`; local addresses accept every id. */
export function isSecureNodeId(id: Uint8Array, host: string): boolean {
  if (isLocalHost(host)) return true;
  const crc = addressCrc(host, id[19]!);
  if (crc === null) return false;
  return id[0] === crc >>> 24 && id[1] === ((crc >>> 16) & 0xff) && (id[2]! & 0xf8) === ((crc >>> 8) & 0xf8);
}

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC32C_TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** Of the masked address with the low three bits of `seed` on top; null if `host` is no address. */
function addressCrc(host: string, seed: number): number | null {
  const bytes = new Uint8Array(PEER6_BYTES);
  if (writeContact(bytes, 0, { host, port: 1 }) === 0) return null;
  const mask = host.includes(':') ? V6_MASK : V4_MASK;
  const masked = mask.map((bits, index) => bits & bytes[index]!);
  masked[0] = masked[0]! | ((seed & 7) << 5);
  return crc32c(masked);
}

// One uTP packet between bytes and values (BEP 29). Pure; nothing here throws on remote bytes.
//   type << 4 | version, first extension, connection id, time, time difference, window, sequence number, acknowledged
//   then extensions (next, length, bytes), then what is carried
import { assert } from '../base/assert.ts';

export const UTP_DATA = 0;
export const UTP_FIN = 1;
export const UTP_STATE = 2;
export const UTP_RESET = 3;
export const UTP_SYN = 4;

export const UTP_HEADER_BYTES = 20;
const VERSION = 1;
const SELECTIVE_ACK = 1;
/** Enough for 256 packets behind a gap. */
const SELECTIVE_ACK_BYTES_MAX = 32;

export interface UtpHeader {
  readonly type: number;
  readonly connectionId: number;
  readonly timeUs: number;
  readonly timeDifferenceUs: number;
  /** How many bytes the sender takes before it must acknowledge. */
  readonly windowBytes: number;
  readonly sequence: number;
  readonly acknowledged: number;
  /** Bit n, the lowest of a byte first: packet `acknowledged + 2 + n` has come. Null: not said. */
  readonly selectiveAck: Uint8Array | null;
}

export interface UtpPacket extends UtpHeader {
  /** A view into the datagram. */
  readonly payload: Uint8Array;
}

export type UtpMalformed = 'utp-short' | 'utp-not' | 'utp-bad-extension';

/** By its first byte. A KRPC message begins with `d`. */
export function isUtp(datagram: Uint8Array): boolean {
  const first = datagram[0] ?? 0xff;
  return (first & 0x0f) === VERSION && first >> 4 <= UTP_SYN;
}

export function parseUtpPacket(datagram: Uint8Array): UtpPacket | UtpMalformed {
  if (datagram.length < UTP_HEADER_BYTES) return 'utp-short';
  if (!isUtp(datagram)) return 'utp-not';
  let selectiveAck: Uint8Array | null = null;
  let at = UTP_HEADER_BYTES;
  for (let extension = datagram[1]!; extension !== 0;) {
    if (at + 2 > datagram.length) return 'utp-bad-extension';
    const end = at + 2 + datagram[at + 1]!;
    if (end > datagram.length) return 'utp-bad-extension';
    if (extension === SELECTIVE_ACK) {
      const isRight = (end - at - 2) % 4 === 0 && end - at - 2 > 0;
      if (!isRight) return 'utp-bad-extension';
      selectiveAck ??= datagram.subarray(at + 2, Math.min(end, at + 2 + SELECTIVE_ACK_BYTES_MAX));
    }
    extension = datagram[at]!;
    at = end;
  }
  return {
    type: datagram[0]! >> 4,
    connectionId: read16(datagram, 2),
    timeUs: read32(datagram, 4),
    timeDifferenceUs: read32(datagram, 8),
    windowBytes: read32(datagram, 12),
    sequence: read16(datagram, 16),
    acknowledged: read16(datagram, 18),
    selectiveAck,
    payload: datagram.subarray(at),
  };
}

export function encodeUtpPacket(header: UtpHeader, payload: Uint8Array | null = null): Uint8Array {
  const { selectiveAck } = header;
  const extensionBytes = selectiveAck ? 2 + selectiveAck.length : 0;
  assert(extensionBytes <= 2 + SELECTIVE_ACK_BYTES_MAX, 'a selective acknowledgement has its limit');
  const bytes = new Uint8Array(UTP_HEADER_BYTES + extensionBytes + (payload?.length ?? 0));
  bytes[0] = (header.type << 4) | VERSION;
  bytes[1] = selectiveAck ? SELECTIVE_ACK : 0;
  write16(bytes, 2, header.connectionId);
  write32(bytes, 4, header.timeUs);
  write32(bytes, 8, header.timeDifferenceUs);
  write32(bytes, 12, header.windowBytes);
  write16(bytes, 16, header.sequence);
  write16(bytes, 18, header.acknowledged);
  if (selectiveAck) {
    bytes[UTP_HEADER_BYTES + 1] = selectiveAck.length;
    bytes.set(selectiveAck, UTP_HEADER_BYTES + 2);
  }
  if (payload) bytes.set(payload, UTP_HEADER_BYTES + extensionBytes);
  return bytes;
}

/** How far `a` lies behind `b` on the ring of 65,536 numbers: negative when it lies before. */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

function read16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}

function read32(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 65_536 + read16(bytes, at + 2);
}

function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function write32(bytes: Uint8Array, at: number, value: number): void {
  write16(bytes, at, value >>> 16);
  write16(bytes, at + 2, value);
}

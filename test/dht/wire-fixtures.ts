// Raw KRPC messages for tests, made and read by npm `bencode`: not by the code under test.
import bencode, { type Bencodable } from 'bencode';

type Dictionary = Record<string, Bencodable>;

export const ASKER_ID = new TextEncoder().encode('abcdefghij0123456789');
export const TARGET = new TextEncoder().encode('mnopqrstuvwxyz123456');

export function queryBytes(method: string, args: Dictionary = {}, top: Dictionary = {}): Uint8Array {
  return Uint8Array.from(bencode.encode({ a: { id: ASKER_ID, ...args }, q: method, t: 'aa', y: 'q', ...top }));
}

export function replyBytes(transactionId: Uint8Array, body: Dictionary, top: Dictionary = {}): Uint8Array {
  return Uint8Array.from(bencode.encode({ r: body, t: transactionId, y: 'r', ...top }));
}

export interface ReadMessage {
  readonly t: Uint8Array;
  readonly y: string;
  readonly q: string | null;
  readonly a: Record<string, unknown>;
  readonly r: Record<string, unknown>;
  readonly e: unknown[];
  readonly ip: Uint8Array | null;
  readonly ro: unknown;
}

export function readMessage(bytes: Uint8Array): ReadMessage {
  const { t, y, q, a, r, e, ip, ro } = bencode.decode(bytes) as Record<string, unknown>;
  const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString('latin1');
  return {
    t: t as Uint8Array,
    y: text(y),
    q: q === undefined ? null : text(q),
    a: (a ?? {}) as Record<string, unknown>,
    r: (r ?? {}) as Record<string, unknown>,
    e: (e ?? []) as unknown[],
    ip: (ip as Uint8Array | undefined) ?? null,
    ro,
  };
}

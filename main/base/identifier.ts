// The 160-bit identifiers of the DHT and the XOR metric over them (BEP 5, "Overview").
// Not here: how an id is chosen (dht/node-id.ts) or written on the wire (wire/).

declare const nodeIdBrand: unique symbol;
declare const infohashBrand: unique symbol;

export const IDENTIFIER_BYTES = 20;
export const IDENTIFIER_BITS = IDENTIFIER_BYTES * 8;

/** 20 bytes: the id of a DHT node. */
export type NodeId = Uint8Array & { readonly [nodeIdBrand]: true };
/** 20 bytes: SHA-1 of the info dictionary, or SHA-256 of it cut to 20 bytes (BEP 52). */
export type Infohash = Uint8Array & { readonly [infohashBrand]: true };

/** Brands 20 bytes as a node id. The bytes are kept, not copied. Throws if the length is wrong (a programmer error). */
export function asNodeId(bytes: Uint8Array): NodeId {
  if (bytes.length !== IDENTIFIER_BYTES) throw new RangeError(`a node id has 20 bytes, not ${bytes.length}`);
  return bytes as NodeId;
}

/** Brands 20 bytes as an infohash. The bytes are kept, not copied. Throws if the length is wrong (a programmer error). */
export function asInfohash(bytes: Uint8Array): Infohash {
  if (bytes.length !== IDENTIFIER_BYTES) throw new RangeError(`an infohash has 20 bytes, not ${bytes.length}`);
  return bytes as Infohash;
}

/** Which of two ids is nearer to `target` by XOR: negative if `a`, positive if `b`, 0 if they are equal. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < IDENTIFIER_BYTES; index++) {
    const difference = (a[index]! ^ target[index]!) - (b[index]! ^ target[index]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** How many leading bits two ids share, 0 to 160. */
export function sharedPrefixBits(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < IDENTIFIER_BYTES; index++) {
    const difference = a[index]! ^ b[index]!;
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return IDENTIFIER_BITS;
}

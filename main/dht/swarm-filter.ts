// How many peers a torrent has, as the DHT can say it (BEP 33): each node gives a Bloom filter of the addresses that
// announced to it, filters of several nodes are united, and the size of the union is read off its zero bits.
// Anybody can compute these places, so such a filter is for counting, never for deciding what was seen (base/bloom-filter.ts).
import { hash } from 'node:crypto';
import { PEER4_BYTES, PEER6_BYTES, writeContact } from '../wire/compact-contacts.ts';
import { BLOOM_BYTES } from '../wire/krpc-message.ts';

/** BEP 33: m = 2048 bits, k = 2 places each. */
const BITS = BLOOM_BYTES * 8;
const PLACES = 2;
/** log of the share of bits that one more address leaves zero. */
const LOG_ZERO_PER_ADDRESS = PLACES * Math.log(1 - 1 / BITS);
const PORT_BYTES = 2;

const contactBytes = new Uint8Array(PEER6_BYTES);

export class SwarmFilter {
  readonly bytes = new Uint8Array(BLOOM_BYTES);

  /** False, and nothing added: `host` is no address. Ports do not count: a peer is an address. */
  add(host: string): boolean {
    const length = writeContact(contactBytes, 0, { host, port: 1 });
    if (length === 0) return false;
    const address = contactBytes.subarray(0, (length === PEER4_BYTES ? PEER4_BYTES : PEER6_BYTES) - PORT_BYTES);
    const digest = hash('sha1', address, 'buffer');
    this.#set(digest[0]! | (digest[1]! << 8));
    this.#set(digest[2]! | (digest[3]! << 8));
    return true;
  }

  /** Takes in everybody who is in `filter` (BLOOM_BYTES), too. */
  unite(filter: Uint8Array): void {
    for (let index = 0; index < BLOOM_BYTES; index++) this.bytes[index] = this.bytes[index]! | filter[index]!;
  }

  estimate(): number {
    return estimateOf(this.bytes);
  }

  #set(place: number): void {
    const bit = place % BITS;
    this.bytes[bit >> 3] = this.bytes[bit >> 3]! | (1 << (bit & 7));
  }
}

/** How many addresses are in a filter, about; not whole. A full one says some 7,800, and above 6,000 it says little. */
export function estimateOf(filter: Uint8Array): number {
  let zeroBits = 0;
  for (const byte of filter) for (let bits = ~byte & 0xff; bits !== 0; bits &= bits - 1) zeroBits++;
  // The BEP's min(m - 1, zero bits) makes half an address of nobody; and with no zero bit left there is no logarithm.
  return zeroBits === BITS ? 0 : Math.log(Math.max(1, zeroBits) / BITS) / LOG_ZERO_PER_ADDRESS;
}

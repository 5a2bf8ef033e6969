// Finds the record of a node in a slab by its id, by its address, or by its subnet within a bucket, each in constant
// time. An address or id is in at most once; so is a /24 (v6: /64) in a bucket, unless the table allows more.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { HASH_KEY_BYTES, KeyedHash } from '../base/keyed-hash.ts';
import type { Random } from '../base/random.ts';
import { NODE4_BYTES, readPort, writeContact } from '../wire/compact-contacts.ts';
import type { NodeSlab } from './node-slab.ts';
import { SlabIndex } from './slab-index.ts';

const SUBNET4_BYTES = 3;
const SUBNET6_BYTES = 8;

export class NodeIndex {
  /** Id, address and port of the node in question, as `load` wrote them. */
  readonly question: Uint8Array;
  readonly #questionId: Uint8Array;
  readonly #questionHost: Uint8Array;
  readonly #questionSubnet: Uint8Array;
  readonly #slab: NodeSlab;
  readonly #subnetBytes: number;
  readonly #byId: SlabIndex;
  readonly #byAddress: SlabIndex;
  readonly #bySubnet: SlabIndex | null;

  constructor(slab: NodeSlab, random: Random, isOnePerSubnet: boolean) {
    const hash = new KeyedHash(random.bytes(HASH_KEY_BYTES));
    const hostEnd = slab.stride - 2;
    this.#slab = slab;
    this.#subnetBytes = slab.stride === NODE4_BYTES ? SUBNET4_BYTES : SUBNET6_BYTES;
    this.question = new Uint8Array(slab.stride);
    this.#questionId = this.question.subarray(0, IDENTIFIER_BYTES);
    this.#questionHost = this.question.subarray(IDENTIFIER_BYTES, hostEnd);
    this.#questionSubnet = new Uint8Array(1 + this.#subnetBytes);
    this.#byId = new SlabIndex(hash, IDENTIFIER_BYTES, (record, into) => {
      copyBytes(slab.compact, record * slab.stride, into, 0, IDENTIFIER_BYTES);
    });
    this.#byAddress = new SlabIndex(hash, hostEnd - IDENTIFIER_BYTES, (record, into) => {
      copyBytes(slab.compact, record * slab.stride + IDENTIFIER_BYTES, into, 0, into.length);
    });
    this.#bySubnet = isOnePerSubnet
      ? new SlabIndex(hash, 1 + this.#subnetBytes, (record, into) => {
          into[0] = slab.depths[record]!;
          copyBytes(slab.compact, record * slab.stride + IDENTIFIER_BYTES, into, 1, this.#subnetBytes);
        })
      : null;
  }

  /** Makes `id` (may be missing) and `contact` the question; false if they are no node of this table's family. */
  load(id: Uint8Array | null, contact: Contact): boolean {
    const isV6 = contact.host.includes(':');
    if (isV6 === (this.#slab.stride === NODE4_BYTES) || contact.port === 0) return false;
    if (id !== null && id.length !== IDENTIFIER_BYTES) return false;
    if (id !== null) this.#questionId.set(id);
    return writeContact(this.question, IDENTIFIER_BYTES, contact) !== 0;
  }

  findById(): number {
    return this.#byId.find(this.#questionId);
  }

  findByIdBytes(id: Uint8Array): number {
    return this.#byId.find(id);
  }

  findByHost(): number {
    return this.#byAddress.find(this.#questionHost);
  }

  /** The record of exactly this host and port, or -1. */
  findByContact(): number {
    const record = this.findByHost();
    return record !== -1 && this.isSamePort(record) ? record : -1;
  }

  isSamePort(record: number): boolean {
    const portAt = this.question.length - 2;
    return readPort(this.question, portAt) === readPort(this.#slab.compact, (record + 1) * this.question.length - 2);
  }

  /** Who holds the one place of the question's subnet in the bucket at `depth`, or -1. */
  findBySubnet(depth: number): number {
    if (this.#bySubnet === null) return -1;
    this.#questionSubnet[0] = depth;
    copyBytes(this.question, IDENTIFIER_BYTES, this.#questionSubnet, 1, this.#subnetBytes);
    return this.#bySubnet.find(this.#questionSubnet);
  }

  add(record: number): void {
    this.#byId.add(record);
    this.#byAddress.add(record);
    this.#bySubnet?.add(record);
  }

  /** Before anything of the record changes. */
  remove(record: number): void {
    this.#byId.remove(record);
    this.#byAddress.remove(record);
    this.#bySubnet?.remove(record);
  }

  checkInvariants(): void {
    for (const index of [this.#byId, this.#byAddress, this.#bySubnet]) {
      if (index === null) continue;
      index.checkInvariants();
      assert(index.count === this.#slab.count, 'every record is in every index');
    }
  }
}

function copyBytes(from: Uint8Array, start: number, into: Uint8Array, at: number, count: number): void {
  for (let index = 0; index < count; index++) into[at + index] = from[start + index]!;
}

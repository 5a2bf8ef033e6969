// Finds the record of a node in a slab by its id, by its address, or by its subnet within a bucket, each in constant
// time. An address or id is in at most once; so is a /24 (v6: /64) in a bucket, unless the table allows more. Where it does
// not, one index serves for both: of a subnet there are a few nodes at most, one in each bucket, which stand together.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { HASH_KEY_BYTES, KeyedHash } from '../base/keyed-hash.ts';
import type { Random } from '../base/random.ts';
import { ipv4Parts, NODE4_BYTES, readIpv4, readPort, writeContact } from '../wire/compact-contacts.ts';
import type { NodeSlab } from './node-slab.ts';
import { SlabIndex } from './slab-index.ts';

const SUBNET4_BYTES = 3;
const SUBNET6_BYTES = 8;

export class NodeIndex {
  /** Id, address and port of the node in question, as `load` wrote them. */
  readonly question: Uint8Array;
  readonly #slab: NodeSlab;
  readonly #isV6: boolean;
  readonly #hostBytes: number;
  readonly #subnetBytes: number;
  readonly #byId: SlabIndex;
  readonly #byPlace: SlabIndex;
  readonly #isOnePerSubnet: boolean;
  readonly #isAtDepth: (record: number) => boolean;
  #wantedDepth = 0;

  /** `depthOf` says in which bucket a record is. */
  constructor(slab: NodeSlab, random: Random, isOnePerSubnet: boolean, depthOf: (record: number) => number) {
    const hash = new KeyedHash(random.bytes(HASH_KEY_BYTES));
    this.#slab = slab;
    this.#isV6 = slab.nodeBytes !== NODE4_BYTES;
    this.#hostBytes = slab.nodeBytes - IDENTIFIER_BYTES - 2;
    this.#subnetBytes = this.#isV6 ? SUBNET6_BYTES : SUBNET4_BYTES;
    this.question = new Uint8Array(slab.nodeBytes);
    this.#isOnePerSubnet = isOnePerSubnet;
    this.#isAtDepth = (record) => depthOf(record) === this.#wantedDepth;
    this.#byId = new SlabIndex(hash, slab, 0, IDENTIFIER_BYTES);
    const keyBytes = isOnePerSubnet ? this.#subnetBytes : this.#hostBytes;
    this.#byPlace = new SlabIndex(hash, slab, IDENTIFIER_BYTES, keyBytes);
  }

  /** Makes `id` (may be missing) and `contact` the question; false if they are no node of this table's family. */
  load(id: Uint8Array | null, contact: Contact): boolean {
    const { host, port } = contact;
    if (port === 0 || (id !== null && id.length !== IDENTIFIER_BYTES)) return false;
    if (id !== null) copyBytes(id, 0, this.question, 0, IDENTIFIER_BYTES);
    if (this.#isV6) return host.includes(':') && writeContact(this.question, IDENTIFIER_BYTES, contact) !== 0;
    // By far the most, for each datagram that comes: by the shortest way.
    if (!readIpv4(host)) return false;
    copyBytes(ipv4Parts, 0, this.question, IDENTIFIER_BYTES, ipv4Parts.length);
    this.question[NODE4_BYTES - 2] = port >>> 8;
    this.question[NODE4_BYTES - 1] = port;
    return true;
  }

  findById(): number {
    return this.#byId.find(this.question, 0);
  }

  findByIdBytes(id: Uint8Array): number {
    return this.#byId.find(id, 0);
  }

  findByHost(): number {
    return this.#byPlace.find(this.question, IDENTIFIER_BYTES, this.#hostBytes);
  }

  /** The record of exactly this host and port, or -1. */
  findByContact(): number {
    const record = this.findByHost();
    return record !== -1 && this.isSamePort(record) ? record : -1;
  }

  isSamePort(record: number): boolean {
    const { compact, stride } = this.#slab;
    const portAt = this.question.length - 2;
    return readPort(this.question, portAt) === readPort(compact, record * stride + portAt);
  }

  /** Who holds the one place of the question's subnet in the bucket at `depth`, or -1. */
  findBySubnet(depth: number): number {
    if (!this.#isOnePerSubnet) return -1;
    this.#wantedDepth = depth;
    return this.#byPlace.find(this.question, IDENTIFIER_BYTES, this.#subnetBytes, this.#isAtDepth);
  }

  add(record: number): void {
    this.#byId.add(record);
    this.#byPlace.add(record);
  }

  /** Before anything of the record changes. */
  remove(record: number): void {
    this.#byId.remove(record);
    this.#byPlace.remove(record);
  }

  checkInvariants(): void {
    for (const index of [this.#byId, this.#byPlace]) {
      index.checkInvariants();
      assert(index.count === this.#slab.count, 'every record is in every index');
    }
  }
}

function copyBytes(from: Uint8Array, start: number, into: Uint8Array, at: number, count: number): void {
  for (let index = 0; index < count; index++) into[at + index] = from[start + index]!;
}

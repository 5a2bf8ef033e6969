// Who announced which infohash to us: what get_peers and sample_infohashes are answered from. Only announced peers are
// in it, never such as we merely heard of. In memory, bounded, and forgotten after 45 minutes (libtorrent's age).
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact } from '../base/contact.ts';
import { asInfohash, IDENTIFIER_BYTES, type Infohash } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import { PEER6_BYTES, writeContact } from '../wire/compact-contacts.ts';
import { SwarmFilter } from './swarm-filter.ts';

/** libtorrent keeps 2000 as well (dht_max_torrents). */
export const INFOHASHES_MAX = 2_000;
/** Twice what one reply carries. */
export const PEERS_PER_INFOHASH_MAX = 100;
export const PEER_LIFE_MS = 45 * 60_000;

interface StoredPeer {
  readonly compact: Uint8Array;
  readonly host: string;
  /** It said that it has all of the torrent (BEP 33, `seed`). */
  readonly isSeed: boolean;
  readonly announcedAtMs: number;
}

interface Swarm {
  readonly infohash: Infohash;
  /** By contact text, in the order of the last announce. */
  readonly peers: Map<string, StoredPeer>;
  /** The compact contacts of `peers`; null: to be made again. */
  values: Uint8Array[] | null;
  /** Null: to be made again, if somebody asks. */
  filters: SwarmFilters | null;
}

/** BLOOM_BYTES each (BEP 33, BFsd and BFpe): who has all of a torrent, and who has part of it. */
export interface SwarmFilters {
  readonly seeds: Uint8Array;
  readonly peers: Uint8Array;
}

export class PeerStore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #swarms = new Map<string, Swarm>();
  /** How many of them begin with the same 30 bits. Nearly all infohashes asked for are not here: no key is made for these. */
  readonly #heads = new Map<number, number>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get infohashCount(): number {
    return this.#swarms.size;
  }

  /** No further infohash fits: then get_peers gives no token, so that announces go elsewhere. */
  get isFull(): boolean {
    return this.#swarms.size >= INFOHASHES_MAX;
  }

  /** Adds a peer or renews it. False: it is no address, or there is no room for a new infohash. */
  add(infohash: Uint8Array, contact: Contact, isSeed = false): boolean {
    const key = toKey(infohash);
    const known = this.#swarms.get(key);
    if (known === undefined && this.isFull) return false;
    const bytes = new Uint8Array(PEER6_BYTES);
    const length = writeContact(bytes, 0, contact);
    if (length === 0) return false;
    const swarm: Swarm = known ?? {
      infohash: asInfohash(infohash.slice()),
      peers: new Map(),
      values: null,
      filters: null,
    };
    if (known === undefined) this.#countHead(infohash, 1);
    this.#swarms.set(key, swarm);
    const peerKey = contactText(contact);
    swarm.peers.delete(peerKey);
    // Full: the one that announced longest ago makes room.
    if (swarm.peers.size >= PEERS_PER_INFOHASH_MAX) swarm.peers.delete(swarm.peers.keys().next().value ?? '');
    const announcedAtMs = this.#clock.nowMs();
    swarm.peers.set(peerKey, { compact: bytes.slice(0, length), host: contact.host, isSeed, announcedAtMs });
    swarm.values = null;
    swarm.filters = null;
    return true;
  }

  /**
   * Compact contacts of at most `limit` peers, beginning anywhere so that all are given in turn; null: none known.
   * `withoutSeeds` leaves out who has everything (BEP 33, `noseed`).
   */
  peersOf(infohash: Uint8Array, limit: number, withoutSeeds = false): readonly Uint8Array[] | null {
    const swarm = this.#swarmOf(infohash);
    if (swarm === undefined) return null;
    swarm.values ??= Array.from(swarm.peers.values(), ({ compact }) => compact);
    const values = withoutSeeds ? valuesWithoutSeeds(swarm) : swarm.values;
    if (values.length === 0) return null;
    if (values.length <= limit) return values;
    const start = this.#random.below(values.length);
    return Array.from({ length: limit }, (_, index) => values[(start + index) % values.length]!);
  }

  /** BEP 33: who announced `infohash`, as filters; null: nobody. Not to be changed by the caller. */
  filtersOf(infohash: Uint8Array): SwarmFilters | null {
    const swarm = this.#swarmOf(infohash);
    if (swarm === undefined) return null;
    swarm.filters ??= filtersOf(swarm);
    return swarm.filters;
  }

  infohashes(): Iterable<Infohash> {
    return Array.from(this.#swarms.values(), ({ infohash }) => infohash);
  }

  /** Forgets who has not announced for PEER_LIFE_MS. To be called about once a minute. */
  expire(): void {
    const untilMs = this.#clock.nowMs() - PEER_LIFE_MS;
    for (const [key, swarm] of this.#swarms) {
      for (const [peerKey, { announcedAtMs }] of swarm.peers) {
        if (announcedAtMs > untilMs) break;
        swarm.peers.delete(peerKey);
        swarm.values = null;
        swarm.filters = null;
      }
      if (swarm.peers.size > 0) continue;
      this.#swarms.delete(key);
      this.#countHead(swarm.infohash, -1);
    }
  }

  checkInvariants(): void {
    let headed = 0;
    for (const count of this.#heads.values()) headed += count;
    assert(headed === this.#swarms.size, 'every infohash is counted by its first bits');
    assert(this.#swarms.size <= INFOHASHES_MAX, 'infohashes within their limit');
    for (const [key, { infohash, peers, values }] of this.#swarms) {
      assert(infohash.length === IDENTIFIER_BYTES && toKey(infohash) === key, 'a swarm is found by its infohash');
      assert(peers.size > 0 && peers.size <= PEERS_PER_INFOHASH_MAX, 'a swarm has peers, within their limit');
      assert(values === null || values.length === peers.size, 'what is given out are the peers');
      const times = Array.from(peers.values(), ({ announcedAtMs }) => announcedAtMs);
      assert(
        times.every((atMs, index) => index === 0 || times[index - 1]! <= atMs),
        'peers in the order of announcing',
      );
    }
  }

  #swarmOf(infohash: Uint8Array): Swarm | undefined {
    return this.#heads.has(headOf(infohash)) ? this.#swarms.get(toKey(infohash)) : undefined;
  }

  #countHead(infohash: Uint8Array, change: 1 | -1): void {
    const head = headOf(infohash);
    const count = (this.#heads.get(head) ?? 0) + change;
    if (count === 0) this.#heads.delete(head);
    else this.#heads.set(head, count);
  }
}

/** Its first 30 bits, which every engine keeps in a word. */
function headOf(infohash: Uint8Array): number {
  return ((infohash[0]! << 22) | (infohash[1]! << 14) | (infohash[2]! << 6) | (infohash[3]! >> 2)) & 0x3fff_ffff;
}

function valuesWithoutSeeds({ peers }: Swarm): Uint8Array[] {
  return Array.from(peers.values()).flatMap(({ compact, isSeed }) => (isSeed ? [] : [compact]));
}

function filtersOf(swarm: Swarm): SwarmFilters {
  const seeds = new SwarmFilter();
  const peers = new SwarmFilter();
  for (const { host, isSeed } of swarm.peers.values()) (isSeed ? seeds : peers).add(host);
  return { seeds: seeds.bytes, peers: peers.bytes };
}

// A population of infohashes and peers made from a seed, for metadata-population.bench.ts. Nobody has published the shares, so
// they are parameters. Peers behind a DialPeer on the simulated clock; living ones talk through simulated-seeders.ts.
import { createHash } from 'node:crypto';
import { toHex } from '../../../main/base/bytes.ts';
import { contactText, type Contact } from '../../../main/base/contact.ts';
import { asInfohash, type Infohash } from '../../../main/base/identifier.ts';
import type { Random } from '../../../main/base/random.ts';
import type { DialPeer, PeerConnection, PeerListener } from '../../../main/metadata/transports/peer-connection.ts';
import type { SwarmTorrent } from '../../../scripts/swarm/torrents.ts';
import type { SimulatedClock } from '../../simulation/simulated-clock.ts';
import { SimulatedSeeders } from '../../simulation/simulated-seeders.ts';

export interface Shares {
  readonly dead: number;
  /** Of the living; together 1. */
  readonly tcp: number;
  readonly encryptedOnly: number;
  readonly utpOnly: number;
  readonly withoutMetadata: number;
}

/** The default, and its second run. */
export const DEFAULT_SHARES: Shares = { dead: 0.5, tcp: 0.55, encryptedOnly: 0.2, utpOnly: 0.15, withoutMetadata: 0.1 };
export const OTHER_SHARES: Shares = { dead: 0.5, tcp: 0.8, encryptedOnly: 0.05, utpOnly: 0.05, withoutMetadata: 0.1 };

type Kind = 'dead' | 'refusing' | 'tcp' | 'encrypted-only' | 'utp-only' | 'without-metadata';

export interface Swarm {
  readonly infohash: Infohash;
  readonly torrent: SwarmTorrent;
  peers: Contact[];
}

const LATENCY_MS = 40;
/** Of the peers that are gone: a closed port says so at once, the others are silent. */
const REFUSING_SHARE = 0.25;
/** How many peers a swarm has: most have one or two, a few have many (a power law with this exponent). */
const PEERS_EXPONENT = 0.9;
const PEERS_MAX = 40;
/** Of those who leave a swarm, so many are followed by somebody new: swarms shrink and end. */
const REPLACED_SHARE = 0.7;
/** TCP and IP headers of a handshake and a reset. */
const FLOW_BYTES = 240;
const PIECES_MAX = 3000;

export class Population {
  readonly swarms: Swarm[];
  flows = 0;
  bytes = 0;
  readonly #random: Random;
  readonly #clock: SimulatedClock;
  readonly #shares: Shares;
  readonly #kinds = new Map<string, Kind>();
  readonly #seeders: SimulatedSeeders;
  #addresses = 0;

  constructor(clock: SimulatedClock, random: Random, { count, shares }: { count: number; shares: Shares }) {
    this.#clock = clock;
    this.#random = random;
    this.#shares = shares;
    this.swarms = Array.from({ length: count }, (_, index) => this.#newSwarm(index));
    this.#seeders = new SimulatedSeeders(
      clock,
      this.swarms.map(({ torrent }) => torrent),
    );
  }

  /** Some come and some go: `keptShare` of a swarm's peers are still there, for most of the others strangers came. */
  churn(swarm: Swarm, keptShare: number): void {
    swarm.peers = swarm.peers.flatMap((peer) => {
      if (this.#random.fraction() < keptShare) return [peer];
      return this.#random.fraction() < REPLACED_SHARE ? [this.#newPeer()] : [];
    });
  }

  readonly dial: DialPeer = ({ contact, transport }, listener) => {
    this.flows++;
    this.bytes += FLOW_BYTES;
    const kind = this.#kinds.get(contactText(contact))!;
    const isUtp = transport.startsWith('utp');
    const isEncrypted = transport.endsWith('mse');
    if (kind === 'dead' || (kind === 'utp-only' && !isUtp)) return this.#end(listener, null);
    if (kind === 'refusing') return this.#end(listener, isUtp ? null : 'refused');
    if ((kind === 'tcp' || kind === 'without-metadata') && isUtp) return this.#end(listener, null);
    const counted = this.#counted(listener);
    if (kind === 'encrypted-only' && !isEncrypted) return this.#hangUp(counted);
    const talk = this.#seeders.dial(contact, null, kind === 'without-metadata' ? withoutMetadata(counted) : counted);
    return {
      send: (bytes) => {
        this.bytes += bytes.length;
        talk.send(bytes);
      },
      destroy: () => talk.destroy(),
    };
  };

  #newSwarm(index: number): Swarm {
    const pieceCount = 5 + Math.floor(this.#random.fraction() ** 2 * PIECES_MAX);
    const pieces = 'x'.repeat(pieceCount * 20);
    const name = `Made ${index}`;
    const info = Buffer.from(`d6:lengthi${index + 1}e4:name${name.length}:${name}12:piece lengthi16384e6:pieces${pieces.length}:${pieces}e`); // prettier-ignore
    const infohash = asInfohash(new Uint8Array(createHash('sha1').update(info).digest()));
    const torrent = { infohashes: [infohash], info } as unknown as SwarmTorrent;
    const peerCount = Math.min(PEERS_MAX, Math.floor((1 - this.#random.fraction()) ** -PEERS_EXPONENT));
    return { infohash, torrent, peers: Array.from({ length: peerCount }, () => this.#newPeer()) };
  }

  /** Each in a network of its own. */
  #newPeer(): Contact {
    const number = this.#addresses++;
    const contact = {
      host: `${20 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.7`,
      port: 20_000 + (number % 30_000),
    };
    this.#kinds.set(contactText(contact), this.#newKind());
    return contact;
  }

  #newKind(): Kind {
    const { dead, tcp, encryptedOnly, utpOnly } = this.#shares;
    if (this.#random.fraction() < dead) return this.#random.fraction() < REFUSING_SHARE ? 'refusing' : 'dead';
    const draw = this.#random.fraction();
    if (draw < tcp) return 'tcp';
    if (draw < tcp + encryptedOnly) return 'encrypted-only';
    return draw < tcp + encryptedOnly + utpOnly ? 'utp-only' : 'without-metadata';
  }

  #counted(listener: PeerListener): PeerListener {
    return {
      onConnected: () => listener.onConnected(),
      onBytes: (chunk) => {
        this.bytes += chunk.length;
        listener.onBytes(chunk);
      },
      onClosed: (reason) => listener.onClosed(reason),
    };
  }

  /** Silence, or a refusal after a round trip. */
  #end(listener: PeerListener, reason: 'refused' | null): PeerConnection {
    let isOpen = true;
    if (reason) this.#clock.setTimer(LATENCY_MS, () => isOpen && listener.onClosed(reason));
    return { send: () => undefined, destroy: () => (isOpen = false) };
  }

  /** Connected, and gone at the first byte that is not encrypted. */
  #hangUp(listener: PeerListener): PeerConnection {
    let isOpen = true;
    this.#clock.setTimer(LATENCY_MS, () => isOpen && listener.onConnected());
    return {
      send: () => this.#clock.setTimer(LATENCY_MS, () => isOpen && listener.onClosed('reset')),
      destroy: () => (isOpen = false),
    };
  }
}

/** A leecher of a magnet link: it speaks BEP 10 and does not know the size yet. */
function withoutMetadata(listener: PeerListener): PeerListener {
  return {
    ...listener,
    onBytes: (chunk) => {
      const text = Buffer.from(chunk).toString('latin1');
      if (!text.includes('metadata_size')) return listener.onBytes(chunk);
      const payload = Buffer.from('d1:md11:ut_metadatai9eee', 'latin1');
      const head = Buffer.from([0, 0, 0, 2 + payload.length, 20, 0]);
      listener.onBytes(Buffer.concat([head, payload]));
    },
  };
}

export const keyOf = (infohash: Uint8Array): string => toHex(infohash);

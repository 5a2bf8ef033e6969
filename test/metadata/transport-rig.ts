// A MetadataFetcher with all four transports, on a real clock and real sockets: uTP goes through the socket of a DHT node.
import type { Contact } from '../../main/base/contact.ts';
import { toHex } from '../../main/base/bytes.ts';
import { systemClock } from '../../main/base/clock.ts';
import { asInfohash } from '../../main/base/identifier.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSystemRandom } from '../../main/base/random.ts';
import { DhtNode } from '../../main/dht/dht-node.ts';
import { chooseOpener } from '../../main/dht/udp/transport.ts';
import { BINDING_PATH } from '../dht/udp-transports.ts';
import { MetadataFetcher, type FetchedTorrent } from '../../main/metadata/metadata-fetcher.ts';
import { ALL_TRANSPORTS, type TransportOptions } from '../../main/metadata/transport-policy.ts';
import type { Transport } from '../../main/metadata/transports/peer-connection.ts';
import { PeerTransports } from '../../main/metadata/transports/peer-transports.ts';
import { dialTcp } from '../../main/metadata/transports/tcp-connection.ts';
import { Counters } from '../../main/stats/counters.ts';
import { until } from './test-rig.ts';

export class TransportRig {
  readonly counters = new Counters();
  readonly node: DhtNode;
  readonly transports: PeerTransports;
  readonly fetcher: MetadataFetcher;
  readonly fetched: FetchedTorrent[] = [];
  readonly givenUp: { readonly infohashHex: string; readonly reason: string }[] = [];

  /** `transports`: a list to have no other way than these, the first of them first. */
  static async start(
    host: string,
    transports: readonly Transport[] | TransportOptions = ALL_TRANSPORTS,
  ): Promise<TransportRig> {
    const rig = new TransportRig(
      host,
      isList(transports) ? { ...ALL_TRANSPORTS, transports, firsts: transports } : transports,
    );
    await rig.node.start();
    rig.transports.joinUdp(rig.node.foreign);
    return rig;
  }

  private constructor(host: string, transports: TransportOptions) {
    const { counters } = this;
    const dependencies = { clock: systemClock, random: createSystemRandom(), log: silentLog, counters };
    this.node = new DhtNode(
      {
        ...dependencies,
        openSocket: chooseOpener(BINDING_PATH, silentLog),
        resolveHost: () => Promise.reject(new Error('nothing to look up')),
      },
      { bindHost: host, port: 0, bootstrap: [], isServing: false, localAddressesAllowed: true, nodeId: null },
    );
    this.transports = new PeerTransports({ ...dependencies, dialTcp });
    this.fetcher = new MetadataFetcher(
      { ...dependencies, dial: this.transports.dial, mayConnect: () => true },
      { connectionsMax: 48, newConnectionsPerSecond: 1000, bindHost: host, transports },
      {
        onFetched: (fetched) => this.fetched.push(fetched),
        onGivenUp: (infohash, reason) => this.givenUp.push({ infohashHex: toHex(infohash), reason }),
      },
    );
  }

  /** How the connections ended, by transport. */
  get outcomes(): Record<string, number> {
    return this.counters.metadataByTransport.toObject();
  }

  offer(infohash: Uint8Array, ...peers: Contact[]): void {
    this.fetcher.offer(asInfohash(infohash), peers);
  }

  /** Waits until so many infohashes have ended one way or the other. */
  async ended(count = 1, limitMs = 30_000): Promise<void> {
    await until(() => this.fetched.length + this.givenUp.length >= count, `${count} infohashes ended`, limitMs);
    this.checkInvariants();
  }

  checkInvariants(): void {
    this.fetcher.checkInvariants();
    this.transports.checkInvariants();
    this.node.checkInvariants();
  }

  async stop(): Promise<void> {
    await this.fetcher.stop();
    this.checkInvariants();
    await this.node.stop();
  }
}

function isList(transports: readonly Transport[] | TransportOptions): transports is readonly Transport[] {
  return Array.isArray(transports);
}

// The two sides of the bench: our fetcher with every check on, and npm bittorrent-protocol with ut_metadata over the same
// sockets. Each fetches a list of torrents, as many at a time as there are addresses, and counts what it got.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import Wire from 'bittorrent-protocol';
import utMetadata from 'ut_metadata';
import type { Contact } from '../../../main/base/contact.ts';
import { systemClock } from '../../../main/base/clock.ts';
import { asInfohash } from '../../../main/base/identifier.ts';
import { silentLog } from '../../../main/base/log.ts';
import { createSystemRandom } from '../../../main/base/random.ts';
import { chooseOpener, UDP_BINDING_VARIABLE } from '../../../main/dht/udp/transport.ts';
import { MetadataFetcher } from '../../../main/metadata/metadata-fetcher.ts';
import { ALL_TRANSPORTS } from '../../../main/metadata/transport-policy.ts';
import type { Transport } from '../../../main/metadata/transports/peer-connection.ts';
import { PeerTransports, type LentSocket } from '../../../main/metadata/transports/peer-transports.ts';
import { dialTcp } from '../../../main/metadata/transports/tcp-connection.ts';
import { Counters } from '../../../main/stats/counters.ts';

export interface Wanted {
  readonly infohash: Uint8Array;
  readonly contact: Contact;
}

/** uTP goes through `socket`. Resolves when all have ended; rejects when one failed. */
export async function fetchOurs(
  wanted: readonly Wanted[],
  transport: Transport = 'tcp',
  socket: LentSocket | null = null,
): Promise<void> {
  const dependencies = { clock: systemClock, random: createSystemRandom(), counters: new Counters() };
  const transports = new PeerTransports({ ...dependencies, dialTcp });
  if (socket) transports.joinUdp(socket);
  const only = { ...ALL_TRANSPORTS, transports: [transport], firsts: [transport] };
  await new Promise<void>((resolve, reject) => {
    let ended = 0;
    const fetcher = new MetadataFetcher(
      { ...dependencies, dial: transports.dial, mayConnect: () => true },
      { connectionsMax: 1000, newConnectionsPerSecond: 100_000, bindHost: '0.0.0.0', transports: only },
      {
        onFetched: () => {
          if (++ended === wanted.length) void fetcher.stop().then(resolve);
        },
        onGivenUp: (_infohash, reason) => reject(new Error(`ours failed: ${reason}`)),
      },
    );
    for (const { infohash, contact } of wanted) fetcher.offer(asInfohash(infohash), [contact]);
  });
}

/** One at a time to an address, like ours. */
export async function fetchTheirs(wanted: readonly Wanted[]): Promise<void> {
  const byHost = Map.groupBy(wanted, ({ contact }) => contact.host);
  await Promise.all(
    [...byHost.values()].map(async (list) => {
      for (const each of list) await fetchOne(each);
    }),
  );
}

function fetchOne({ infohash, contact }: Wanted): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...contact, noDelay: true });
    const wire = new Wire();
    socket.on('error', reject);
    socket.on('connect', () => {
      socket.pipe(wire).pipe(socket);
      wire.use(utMetadata());
      wire.ut_metadata.on('warning', reject);
      wire.ut_metadata.on('metadata', () => {
        socket.removeListener('error', reject).on('error', () => undefined);
        wire.destroy();
        socket.resetAndDestroy();
        resolve();
      });
      wire.ut_metadata.fetch();
      wire.handshake(infohash, randomBytes(20), { dht: false });
    });
  });
}

/** A socket for uTP on `host`, as the DHT's node lends it. */
export async function lendSocket(host: string): Promise<LentSocket & { close(): Promise<void> }> {
  const lent = {
    onDatagram: (_datagram: Uint8Array, _from: Contact): boolean => false,
    send: (datagram: Uint8Array, contact: Contact): boolean => (socket.send(datagram, contact), true),
    close: (): Promise<void> => socket.close(),
  };
  const onDatagram = (bytes: Uint8Array, from: Contact): void => void lent.onDatagram(bytes, from);
  const openSocket = chooseOpener(process.env[UDP_BINDING_VARIABLE] ?? null, silentLog);
  const socket = await openSocket({ bindHost: host, port: 0, onDatagram, onError: () => undefined });
  return lent;
}

// From a peer's address to verified metadata, one torrent after another, over each transport from libtorrent behind a
// delaying relay; against the round trips that nobody can do without. In a process of its own.
import { fetchOurs, lendSocket } from './fetchers.ts';
import { startRelay } from './delaying-relay.ts';
import { startLibtorrent } from './libtorrent-seeds.ts';
import { benchTorrents } from './torrents.ts';

const SIZES = [20_000, 50_000, 200_000];
const TORRENTS = 15;
const SEED = { host: '127.53.0.1', port: 6881 };
const RELAY = { host: '127.53.1.1', port: 6881 };
/** What libtorrent's uTP sends before the first acknowledgement, doubling from there. Over TCP the relay acknowledges. */
const UTP_FIRST_BYTES = 2800;
/** More requests than that wait for its one-second tick. */
const LIBTORRENT_PIECES_AT_ONCE = 10;
const BLOCK_BYTES = 16_384;
/** The handshakes and what lies before them: keys for encryption, the connection for uTP. */
const BEFORE_DATA = { tcp: 1, mse: 2, utp: 2, 'utp-mse': 3 } as const;

const delayMs = Number(process.argv[2]);
const roundTripMs = 2 * delayMs;
const lines = [
  `ms from address to verified metadata, round trip ${roundTripMs} ms, libtorrent, median of ${TORRENTS}; needed: the round trips without which it cannot be (goal 1.5x)`, // prettier-ignore
];
const off = { in_enc_policy: 2, out_enc_policy: 2 };
const forced = { in_enc_policy: 0, out_enc_policy: 0 };
const stopRelay = await startRelay(RELAY, SEED, delayMs);
for (const settings of [off, forced]) {
  const lists = SIZES.map((size) => benchTorrents(TORRENTS, size));
  const seeds = await startLibtorrent(lists.flat(), [`${SEED.host}:${SEED.port}`], settings);
  const socket = await lendSocket('127.53.9.1');
  for (const transport of settings === off ? (['tcp', 'utp'] as const) : (['mse', 'utp-mse'] as const)) {
    for (const [index, list] of lists.entries()) {
      const size = SIZES[index]!;
      const times: number[] = [];
      for (const { infohash } of list) {
        const startedAtMs = performance.now();
        // One encrypted handshake in 256 fails with libtorrent (metadata-seeds.test.ts): it has no time.
        const hasFailed = await fetchOurs([{ infohash, contact: RELAY }], transport, socket).then(
          () => false,
          () => true,
        );
        if (hasFailed) continue;
        times.push(performance.now() - startedAtMs);
      }
      const took = times.sort((a, b) => a - b)[times.length >> 1]!;
      const needed =
        BEFORE_DATA[transport] +
        (transport.startsWith('utp')
          ? windowsFor(size, UTP_FIRST_BYTES)
          : Math.ceil(size / (BLOCK_BYTES * LIBTORRENT_PIECES_AT_ONCE)));
      const ratio = (took / (needed * roundTripMs)).toFixed(2);
      lines.push(`${`${transport}, ${size / 1000} KB`.padEnd(18)} ${took.toFixed(0).padStart(5)} ms, needed ${needed} round trips = ${needed * roundTripMs} ms: ${ratio}x`); // prettier-ignore
    }
  }
  await socket.close();
  await seeds.end();
}
stopRelay();
process.stdout.write(`${lines.join('\n')}\n`, () => process.exit(0));

/** How many windows it takes, when each is twice the one before. */
function windowsFor(sizeBytes: number, firstBytes: number): number {
  let count = 1;
  for (let window = firstBytes, sent = firstBytes; sent < sizeBytes; sent += window) {
    window *= 2;
    count++;
  }
  return count;
}

// Peer encryption against honest and hostile peers on real sockets, by name; and anything at all against its parser.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { systemClock } from '../../main/base/clock.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { ALL_TRANSPORTS } from '../../main/metadata/transport-policy.ts';
import { MseHandshake } from '../../main/metadata/transports/mse-handshake.ts';
import { PeerTransports } from '../../main/metadata/transports/peer-transports.ts';
import { dialTcp } from '../../main/metadata/transports/tcp-connection.ts';
import { Counters } from '../../main/stats/counters.ts';
import { Rc4 } from '../../main/wire/rc4.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { generateTorrents, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { acceptMse, type MsePeerOptions } from './mse-peer.ts';
import { breathe, dataMessage, extensionHandshake, handshake, Rig, startPeer, until, type Visit } from './test-rig.ts';

const [torrent] = generateTorrents({ count: 1, seed: 22 }) as [SwarmTorrent];
const INFOHASH = torrent.infohashes[0]!;

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

/** Encryption only, over real TCP, with a clock that tests move. */
function newRig(transports: readonly ('tcp' | 'mse')[] = ['mse']): Rig {
  const dependencies = { clock: systemClock, random: createSeededRandom(3), counters: new Counters(), dialTcp };
  const { dial } = new PeerTransports(dependencies);
  const rig = new Rig({ dial, transports: { ...ALL_TRANSPORTS, transports, firsts: transports.slice(0, 1) } });
  toStop.push(rig.fetcher);
  return rig;
}

/** Serves the torrent behind the encryption. */
async function serve(visit: Visit, options: MsePeerOptions): Promise<{ offered: number }> {
  const stream = await acceptMse(visit, INFOHASH, options);
  expect(toHex(stream.first.subarray(28, 48))).toBe(toHex(INFOHASH));
  stream.write(handshake(INFOHASH), extensionHandshake(torrent.info.length));
  for (let piece = 0; piece * 16_384 < torrent.info.length; piece++) {
    const block = torrent.info.subarray(piece * 16_384, (piece + 1) * 16_384);
    if (piece === 0) {
      await stream.take(4 + (await stream.take(4)).readUInt32BE(0) - 4); // its extension handshake
      await stream.take((await stream.take(4)).readUInt32BE(0)); // its first request
    }
    stream.write(dataMessage(piece, torrent.info.length, block));
  }
  return stream;
}

async function failureOf(script: (visit: Visit) => unknown): Promise<string> {
  const rig = newRig();
  const peer = await startPeer(script);
  toStop.push(peer);
  rig.offer(INFOHASH, peer.contact);
  await rig.ended();
  await peer.visits[0]!.closed();
  expect(rig.fetched).toEqual([]);
  expect(rig.counters.metadataByTransport.toObject()).toEqual({ [`mse ${rig.givenUp[0]!.reason}`]: 1 });
  return rig.givenUp[0]!.reason;
}

describe('honest peers', () => {
  it.each<[string, MsePeerOptions]>([
    ['RC4', { select: 2 }],
    ['plain text after the handshake', { select: 1 }],
    ['no padding', { padB: 0, padD: 0 }],
    ['the longest padding', { padB: 512, padD: 512 }],
    ['the longest padding and plain text', { padB: 512, padD: 512, select: 1 }],
    ['byte after byte', { drips: true, padB: 40, padD: 40 }],
  ])('%s', async (_what, options) => {
    const rig = newRig();
    let offered = 0;
    const peer = await startPeer(async (visit) => ({ offered } = await serve(visit, options)));
    toStop.push(peer);
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.givenUp).toEqual([]);
    expect(rig.fetched[0]!.info.name).toBe(torrent.name);
    expect(offered).toBe(3);
  });

  it('that hang up on a plain handshake are asked again with encryption, as one attempt and two connections', async () => {
    const rig = newRig(['tcp', 'mse']);
    const peer = await startPeer(async (visit) => {
      if ((await visit.take(20)).toString('latin1').endsWith('BitTorrent protocol'))
        return visit.socket.resetAndDestroy();
      return undefined;
    });
    toStop.push(peer);
    rig.offer(INFOHASH, peer.contact);
    await until(() => peer.visits.length === 2, 'it was called twice');
    expect(rig.fetcher.connectionCount).toBe(1);
    expect(rig.counters.metadataFailures.total()).toBe(0);
    expect(rig.counters.peersDialled).toBe(2);
  });
});

describe('hostile peers', () => {
  const badKeys: [string, Buffer][] = [
    ['0', Buffer.alloc(96)],
    ['1', Buffer.concat([Buffer.alloc(95), Buffer.from([1])])],
    ['above the prime', Buffer.alloc(96, 255)],
  ];
  it.each(badKeys)('a public key of %s', async (_what, publicKey) => {
    expect(await failureOf((visit) => visit.write(publicKey))).toBe('bad-encryption');
  });

  it.each([0, 3, 4, 0x01000002, 0xffffffff])('chooses %d, which is not one of the two', async (select) => {
    expect(await failureOf((visit) => acceptMse(visit, INFOHASH, { select }))).toBe('bad-encryption');
  });

  it.each([513, 65_535])('says %d bytes of padding', async (padDSaid) => {
    expect(await failureOf((visit) => acceptMse(visit, INFOHASH, { padDSaid }))).toBe('bad-encryption');
  });

  it('a wrong VC, and padding without end', async () => {
    expect(await failureOf((visit) => acceptMse(visit, INFOHASH, { vc: Buffer.alloc(8, 1), padD: 500 }))).toBe('bad-encryption'); // prettier-ignore
    expect(await failureOf((visit) => acceptMse(visit, INFOHASH, { padB: 600 }))).toBe('bad-encryption');
    expect(await failureOf((visit) => visit.write(randomBytes(2_000_000)))).toBe('bad-encryption');
  });

  it('hangs up in each state', async () => {
    expect(await failureOf((visit) => visit.socket.end())).toBe('reset-in-handshake');
    expect(
      await failureOf(async (visit) => {
        await visit.take(96);
        visit.socket.resetAndDestroy();
      }),
    ).toBe('reset-in-handshake');
  });

  it('silence, and dripping: 4 s', async () => {
    for (const script of [() => undefined, (visit: Visit) => visit.write(randomBytes(95))]) {
      const rig = newRig();
      const peer = await startPeer(script);
      toStop.push(peer);
      rig.offer(INFOHASH, peer.contact);
      await until(() => peer.visits.length === 1, 'it was called');
      await breathe();
      await rig.advance(4200);
      await rig.ended();
      expect(rig.givenUp[0]!.reason).toBe('handshake-timeout');
    }
  });

  it('and the honest one beside them still wins', async () => {
    const rig = newRig(['tcp', 'mse']);
    const scripts: ((visit: Visit) => unknown)[] = [
      (visit) => visit.write(randomBytes(5000)),
      (visit) => acceptMse(visit, INFOHASH, { select: 0 }),
      (visit) => visit.socket.resetAndDestroy(),
    ];
    const peers = await Promise.all(scripts.map((script, index) => startPeer(script, `127.0.11.${index + 1}`)));
    const honest = new Seeder([torrent]);
    toStop.push(...peers, honest);
    rig.offer(INFOHASH, ...peers.map(({ contact }) => contact), await honest.listen('127.0.11.9'));
    for (let round = 0; round < 100 && rig.endedCount === 0; round++) await rig.advance(200);
    expect(rig.fetched[0]!.info.name).toBe(torrent.name);
  });
});

describe('the parser', () => {
  it('takes anything in any pieces, ends, and holds no more than the handshake can have', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 }), fc.nat(), (chunks, seed) => {
        const mse = new MseHandshake(INFOHASH, new Uint8Array(68), createSeededRandom(seed));
        expect(mse.hello().length).toBeGreaterThanOrEqual(96);
        let bytes = 0;
        for (const chunk of chunks) {
          bytes += chunk.length;
          const { kind } = mse.receive(chunk);
          if (kind === 'send' && mse.receive(new Uint8Array()).kind === 'failed') return;
          if (kind === 'failed') return;
          expect(kind).not.toBe('done'); // nobody guesses the marker
        }
        expect(bytes).toBeLessThanOrEqual(96 + 512 + 8);
      }),
      { numRuns: 60 },
    );
  });

  it('RC4 is RC4 (RFC 6229, key 0102030405)', () => {
    const cipher = new Rc4(Uint8Array.of(1, 2, 3, 4, 5), 0);
    expect(toHex(cipher.apply(new Uint8Array(16)))).toBe('b2396305f03dc027ccc3524a0a1118a8');
    expect(toHex(new Rc4(Uint8Array.of(1, 2, 3, 4, 5), 1024).apply(new Uint8Array(8)))).toBe('30abbcc7c20b0160');
  });
});

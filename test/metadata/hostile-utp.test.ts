// uTP against honest, unlucky and hostile peers over the DHT's real socket, by name; and anything at all against its parsers.
import { createSocket } from 'node:dgram';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { UtpSocket } from '../../main/metadata/transports/utp-socket.ts';
import { Counters } from '../../main/stats/counters.ts';
import { encodeUtpPacket, parseUtpPacket, sequenceDistance } from '../../main/wire/utp-packet.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { generateTorrents, makeTorrent, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { ManualClock } from './manual-clock.ts';
import { acceptMse } from './mse-peer.ts';
import { dataMessage, extensionHandshake, handshake, until } from './test-rig.ts';
import { TransportRig } from './transport-rig.ts';
import { UtpPeer, type UtpPeerOptions, type UtpVisit } from './utp-peer.ts';

const [torrent] = generateTorrents({ count: 1, seed: 23 }) as [SwarmTorrent];
const INFOHASH = torrent.infohashes[0]!;
const LARGE = makeTorrent(
  { name: 'Large', category: 'software', version: 'v1', files: Array.from({ length: 3000 }, (_, index) => ({ path: [`file ${index}`], sizeBytes: 9 })) }, // prettier-ignore
  createSeededRandom(1),
);

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

let lastHost = 0;
async function newRig(transports: Parameters<typeof TransportRig.start>[1] = ['utp']): Promise<TransportRig> {
  const rig = await TransportRig.start('127.0.12.1', transports);
  toStop.push(rig);
  return rig;
}

async function newPeer(script: (visit: UtpVisit) => unknown, options: UtpPeerOptions = {}): Promise<UtpPeer> {
  const peer = await UtpPeer.start(`127.0.13.${++lastHost}`, script, options);
  toStop.push(peer);
  return peer;
}

/** Answers everything that the fetcher says, and sends its blocks without waiting for requests beyond the first. */
async function serve(
  visit: Pick<UtpVisit, 'take' | 'message' | 'write'>,
  { info, infohashes } = torrent,
): Promise<void> {
  await visit.take(68);
  visit.write(handshake(infohashes[0]!), extensionHandshake(info.length));
  await visit.message();
  for (let piece = 0; piece * 16_384 < info.length; piece++) {
    await visit.message();
    visit.write(dataMessage(piece, info.length, info.subarray(piece * 16_384, (piece + 1) * 16_384)));
  }
}

describe('honest and unlucky peers', () => {
  it.each<[string, UtpPeerOptions]>([
    ['a clean way', {}],
    ['every third packet lost, both ways', { isLost: (count) => count % 3 === 2 }],
    ['every packet twice', { isDoubled: () => true }],
  ])('%s', async (_what, options) => {
    const rig = await newRig();
    const peer = await newPeer((visit) => serve(visit, LARGE), options);
    rig.offer(LARGE.infohashes[0]!, peer.contact);
    await rig.ended();
    expect(rig.givenUp).toEqual([]);
    expect(rig.fetched[0]!.info.fileCount).toBe(3000);
    expect(rig.outcomes).toEqual({ 'utp complete': 1 });
    if (!options.isLost) await until(() => peer.visits[0]!.isReset, 'the connection was reset');
  });

  it('encryption inside uTP', async () => {
    const rig = await newRig(['utp-mse']);
    const peer = await newPeer(async (visit) => {
      const stream = await acceptMse(visit, INFOHASH, { padB: 300, padD: 100 });
      stream.write(handshake(INFOHASH), extensionHandshake(torrent.info.length));
      const message = async (): Promise<Buffer> => stream.take((await stream.take(4)).readUInt32BE(0));
      await message();
      for (let piece = 0; piece * 16_384 < torrent.info.length; piece++) {
        await message();
        const block = torrent.info.subarray(piece * 16_384, (piece + 1) * 16_384);
        stream.write(dataMessage(piece, torrent.info.length, block));
      }
    });
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.fetched[0]!.info.name).toBe(torrent.name);
  });

  it('whoever is behind a closed TCP port is asked over uTP, as one attempt', async () => {
    const rig = await newRig(['tcp', 'utp']);
    const peer = await newPeer(serve);
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.outcomes).toEqual({ 'tcp refused': 1, 'utp complete': 1 });
    expect(rig.counters.metadataFailures.total()).toBe(0);
  });
});

describe('hostile peers', () => {
  /** Before it serves, it does something against the rules; the fetch must not notice. */
  it.each<[string, string, (visit: UtpVisit) => void]>([
    ['acknowledges what was never sent', 'utp-bad-ack', (visit) => visit.raw({ ack: visit.ack + 77 })],
    ['acknowledges what lies far back', 'utp-bad-ack', (visit) => visit.raw({ ack: visit.ack + 40_000 })],
    ['sends wild numbers', 'utp-beyond-window', (visit) => [300, 9000, 30_000].forEach((ahead) => visit.raw({ type: 0, seq: visit.seq + ahead, payload: Buffer.alloc(900) }))], // prettier-ignore
    ['floods what lies behind a gap', 'utp-beyond-window', (visit) => { for (let ahead = 1; ahead < 400; ahead++) visit.raw({ type: 0, seq: visit.seq + 200 + ahead, payload: Buffer.alloc(900) }) }], // prettier-ignore
    ['calls us on the connection that we opened', 'utp-unexpected', (visit) => visit.raw({ type: 4 })],
    ['resets with made-up acknowledgements', 'utp-bad-ack', (visit) => { for (let n = 2000; n < 2200; n++) visit.raw({ type: 3, ack: visit.ack + n }) }], // prettier-ignore
    ['resets another connection', 'utp-unknown', (visit) => { for (let n = 5; n < 300; n++) visit.raw({ type: 3, id: visit.sendId + n }) }], // prettier-ignore
    ['repeats old data', 'utp-repeated', (visit) => { for (let n = 1; n < 50; n++) visit.raw({ type: 0, seq: visit.seq - n, payload: Buffer.from('x') }) }], // prettier-ignore
  ])('%s', async (_what, counted, attack) => {
    const rig = await newRig();
    const peer = await newPeer(async (visit) => {
      attack(visit);
      await serve(visit);
    });
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe(torrent.name);
    expect(rig.counters.dropped.get(counted)).toBeGreaterThan(0);
  });

  it.each<[string, string, (visit: UtpVisit) => unknown]>([
    ['hangs up at once', 'reset-in-handshake', (visit) => visit.end()],
    ['resets after the handshake', 'closed', async (visit) => {
      visit.write(handshake(await visit.take(68).then((bytes) => bytes.subarray(28, 48))));
      await new Promise((resolve) => setTimeout(resolve, 50));
      visit.raw({ type: 3 });
    }], // prettier-ignore
    ['is no BitTorrent peer', 'not-bittorrent', (visit) => visit.write(Buffer.alloc(68, 'x'))],
    ['sends data after its end', 'reset-in-handshake', async (visit) => {
      await visit.take(68);
      visit.raw({ type: 0, seq: visit.seq + 1, payload: handshake(INFOHASH) });
      visit.end();
    }], // prettier-ignore
  ])('%s', async (_what, reason, script) => {
    const rig = await newRig();
    const peer = await newPeer(script);
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.givenUp[0]!.reason).toBe(reason);
    expect(rig.fetched).toEqual([]);
  });

  it('a window of 0 keeps us silent, and ends in the time for a handshake', async () => {
    const rig = await newRig();
    const peer = await newPeer(() => undefined, { onSyn: (visit) => ((visit.window = 0), true) });
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.givenUp[0]!.reason).toBe('handshake-timeout');
    expect(peer.received.filter(({ type }) => type === 0)).toEqual([]);
  });

  it('a call answered by a reset is refused; one not answered ends after 4 s and a few packets, none later', async () => {
    const rig = await newRig();
    const refusing = await newPeer(() => undefined, { onSyn: (visit) => (visit.raw({ type: 3 }), false) });
    rig.offer(INFOHASH, refusing.contact);
    await rig.ended();
    expect(rig.givenUp[0]!.reason).toBe('refused');
    const silent = await newPeer(() => undefined, { onSyn: () => false });
    rig.offer(LARGE.infohashes[0]!, silent.contact);
    await rig.ended(2);
    expect(rig.givenUp[1]!.reason).toBe('connect-timeout');
    expect(silent.received.every(({ type }) => type === 4)).toBe(true);
    expect(silent.received.length).toBeLessThanOrEqual(4);
  });

  it('a stranger who knows the numbers but has another address is not heard, and whoever calls us gets no answer', async () => {
    const rig = await newRig();
    const heard: Buffer[] = [];
    const stranger = createSocket('udp4');
    stranger.on('message', (bytes) => heard.push(bytes));
    await new Promise<void>((resolve) => stranger.bind(0, '127.0.14.1', resolve));
    const peer = await newPeer(async (visit) => {
      const { sendId, seq, ack } = visit;
      for (const [type, id] of [
        [3, sendId],
        [1, sendId],
        [0, sendId],
        [4, 7],
        [4, sendId],
      ] as const) {
        // prettier-ignore
        const header = { type, connectionId: id, timeUs: 0, timeDifferenceUs: 0, windowBytes: 9, sequence: seq, acknowledged: ack, selectiveAck: null }; // prettier-ignore
        stranger.send(encodeUtpPacket(header, Buffer.from('x')), rig.node.localPort, '127.0.12.1');
      }
      await until(() => rig.counters.dropped.get('utp-unknown') === 5, 'all were dropped');
      await serve(visit);
    });
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.fetched[0]!.info.name).toBe(torrent.name);
    expect(heard).toEqual([]);
    stranger.close();
  });

  it('malformed datagrams are counted by reason', async () => {
    const rig = await newRig();
    const peer = await newPeer(() => undefined);
    const to = { address: '127.0.12.1', port: rig.node.localPort };
    const bad = Buffer.alloc(30, 0);
    bad[0] = 0x21;
    bad[1] = 1;
    bad[21] = 200; // an extension beyond the end
    peer.sendBytes(Buffer.from('21', 'hex'), to);
    peer.sendBytes(bad, to);
    await until(() => rig.counters.malformed.total() === 2, 'both were counted');
    expect(rig.counters.malformed.toObject()).toEqual({ 'utp-bad-extension': 1, 'utp-short': 1 });
  });

  it('and the honest one beside them still wins', async () => {
    const rig = await newRig(['utp', 'tcp']);
    const hostile = await Promise.all([
      newPeer((visit) => visit.end()),
      newPeer((visit) => visit.raw({ type: 3 })),
      newPeer(() => undefined, { onSyn: () => false }),
    ]);
    const honest = new Seeder([torrent]);
    toStop.push(honest);
    rig.offer(INFOHASH, ...hostile.map(({ contact }) => contact), await honest.listen('127.0.15.1'));
    await rig.ended();
    expect(rig.fetched[0]!.info.name).toBe(torrent.name);
  });
});

describe('pause', () => {
  it('resets every connection before it, and not one datagram leaves after it', async () => {
    const rig = await newRig();
    const peer = await newPeer(async (visit) => {
      await visit.take(68);
      visit.write(handshake(INFOHASH));
    });
    rig.offer(INFOHASH, peer.contact);
    await until(() => peer.received.length >= 3, 'they talk');
    rig.fetcher.pause();
    rig.node.pause();
    await until(() => peer.visits[0]!.isReset, 'it was reset');
    const { packetsOut } = rig.counters;
    peer.visits[0]!.write(Buffer.alloc(5000));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(rig.counters.packetsOut).toBe(packetsOut);
    expect(peer.received.at(-1)!.type).toBe(3);
  });
});

describe('the parser', () => {
  it('reads what the encoder wrote', () => {
    const header = fc.record({
      type: fc.nat({ max: 4 }),
      connectionId: fc.nat({ max: 65_535 }),
      timeUs: fc.nat({ max: 2 ** 32 - 1 }),
      timeDifferenceUs: fc.nat({ max: 2 ** 32 - 1 }),
      windowBytes: fc.nat({ max: 2 ** 32 - 1 }),
      sequence: fc.nat({ max: 65_535 }),
      acknowledged: fc.nat({ max: 65_535 }),
      selectiveAck: fc.option(fc.nat({ max: 7 }).map((words) => new Uint8Array(4 * (words + 1)).fill(5))),
    });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 1400 }), (value, payload) => {
        expect(parseUtpPacket(encodeUtpPacket(value, payload))).toEqual({ ...value, payload });
      }),
    );
    expect([sequenceDistance(2, 65_535), sequenceDistance(65_535, 2), sequenceDistance(7, 7)]).toEqual([3, -3, 0]);
  });

  it('and the connection behind it survive anything: no throw, no unbounded growth', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = createSeededRandom(seed);
        const clock = new ManualClock();
        const sent: Uint8Array[] = [];
        const counters = new Counters();
        const contact = { host: '127.0.0.2', port: 2000 };
        const socket = new UtpSocket({ clock, random, counters, send: (datagram) => sent.push(datagram) > 0 });
        let ends = 0;
        const connection = socket.dial(contact, null, {
          onConnected: () => connection.send(new Uint8Array(3000)),
          onBytes: () => connection.send(new Uint8Array(10)),
          onClosed: () => ends++,
        });
        for (let round = 0; round < 150; round++) {
          const last = sent.length > 0 ? parseUtpPacket(sent.at(-1)!) : 'utp-short';
          const numbers = typeof last === 'string' ? { sequence: 0, acknowledged: 0, connectionId: 0 } : last;
          const near = (value: number): number => (value + random.below(5) - 2) & 0xffff;
          const datagram = encodeUtpPacket(
            {
              type: random.below(4),
              connectionId: (numbers.connectionId - (sent.length > 1 ? 1 : 0)) & 0xffff,
              timeUs: random.uint32(),
              timeDifferenceUs: random.uint32(),
              windowBytes: random.below(3) === 0 ? 0 : random.uint32(),
              sequence: near(numbers.acknowledged + 1),
              acknowledged: near(numbers.sequence),
              selectiveAck: random.below(3) === 0 ? random.bytes(4) : null,
            },
            random.bytes(random.below(40)),
          );
          if (random.below(4) === 0) datagram[random.below(datagram.length)] = random.below(256);
          const cut = random.below(10) === 0 ? random.below(datagram.length) : datagram.length;
          socket.receive(datagram.subarray(0, cut), contact);
          if (random.below(8) === 0) clock.advance(random.below(1500));
          socket.checkInvariants();
        }
        expect(ends).toBeLessThanOrEqual(1);
        clock.advance(120_000);
        connection.destroy();
        expect([socket.connectionCount, clock.alarmCount]).toEqual([0, 0]);
        expect(sent.length).toBeLessThan(1200);
        expect(toHex(sent[0]!.subarray(0, 1))).toBe('41');
      }),
      { numRuns: 150 },
    );
  });
});

// Every row of protocol.md 4.3 against scripted peers on real sockets, by name.
import { afterEach, describe, expect, it } from 'vitest';
import bencode from 'bencode';
import { createSeededRandom } from '../../main/base/random.ts';
import type { SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { generateTorrents, makeTorrent } from '../../scripts/swarm/torrents.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { createHash } from 'node:crypto';
import type { Visit } from './test-rig.ts';
import {
  breathe,
  dataMessage,
  extensionHandshake,
  extensionMessage,
  handshake,
  message,
  randomInfohash,
  Rig,
  startPeer,
  until,
} from './test-rig.ts';

const CAP_BYTES = 10 * 1024 * 1024;
/** 12 pieces, so that not all are asked for at once. */
const SIZE_BYTES = 11 * 16_384 + 100;
const [torrent] = generateTorrents({ count: 1, seed: 21 }) as [SwarmTorrent];
const INFOHASH = torrent.infohashes[0]!;
const block = (bytes = 16_384): Buffer => Buffer.alloc(bytes, 1);

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

function newRig(options: ConstructorParameters<typeof Rig>[0] = {}): Rig {
  const rig = new Rig(options);
  toStop.push(rig.fetcher);
  return rig;
}

async function newPeer(script: (visit: Visit) => unknown, host?: string) {
  const peer = await startPeer(script, host);
  toStop.push(peer);
  return peer;
}

/** Reads the fetcher's handshake and answers it rightly. */
async function greet(visit: Visit): Promise<void> {
  const theirs = await visit.take(68);
  visit.write(handshake(theirs.subarray(28, 48)));
}

/** Up to the point where the fetcher waits for blocks. */
async function greetWithMetadata(visit: Visit, sizeBytes = SIZE_BYTES): Promise<void> {
  await greet(visit);
  await visit.message(); // its extension handshake
  visit.write(extensionHandshake(sizeBytes));
  await visit.message(); // its first request
}

/** Runs `script` on the only peer and answers with the reason that was counted. */
async function failureOf(script: (visit: Visit) => unknown): Promise<string> {
  const rig = newRig();
  const peer = await newPeer(script);
  rig.offer(INFOHASH, peer.contact);
  await rig.ended();
  await peer.visits[0]!.closed();
  const { reason } = rig.givenUp[0]!;
  expect(rig.counters.metadataFailures.toObject()).toEqual({ [reason]: 1 });
  expect(rig.fetched).toEqual([]);
  expect(rig.fetcher.connectionCount).toBe(0);
  return reason;
}

describe('handshake', () => {
  it.each<[string, Buffer, string]>([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(68, 'x')), 'not-bittorrent'],
    ['another infohash', handshake(new Uint8Array(20)), 'wrong-hash'],
    ['no extension protocol', handshake(INFOHASH, '0000000000000005'), 'no-ltep'],
  ])('%s', async (_what, bytes, reason) => {
    expect(
      await failureOf((visit) => {
        visit.write(bytes);
      }),
    ).toBe(reason);
  });

  it('a peer that hangs up, as those do that insist on encryption', async () => {
    expect(await failureOf((visit) => visit.socket.resetAndDestroy())).toBe('reset-in-handshake');
    expect(await failureOf((visit) => visit.socket.end())).toBe('reset-in-handshake');
  });

  it('a peer that hangs up later', async () => {
    expect(
      await failureOf(async (visit) => {
        await greet(visit);
        visit.socket.end();
      }),
    ).toBe('closed');
  });
});

describe('metadata_size', () => {
  it.each<[string, string, string]>([
    ['0', 'i0e', 'no-size'],
    ['negative', 'i-5e', 'no-size'],
    ['not an integer', '2:12', 'no-size'],
    ['beyond 2^53', 'i99999999999999999999e', 'no-size'],
    ['above the cap', `i${CAP_BYTES + 1}e`, 'oversize'],
  ])('%s', async (_what, size, reason) => {
    const dictionary = `d1:md11:ut_metadatai3ee13:metadata_size${size}e`;
    expect(
      await failureOf(async (visit) => {
        await greet(visit);
        visit.write(extensionMessage(0, dictionary));
      }),
    ).toBe(reason);
  });

  it('absent', async () => {
    const reason = await failureOf(async (visit) => {
      await greet(visit);
      visit.write(extensionMessage(0, 'd1:md11:ut_metadatai3eee'));
    });
    expect(reason).toBe('no-size');
  });

  it('at the cap costs nothing until blocks come', async () => {
    const rig = newRig();
    const peers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        newPeer((visit) => greetWithMetadata(visit, CAP_BYTES), `127.0.1.${index + 1}`),
      ),
    );
    const before = process.memoryUsage().arrayBuffers;
    peers.forEach((peer, index) => rig.offer(randomInfohash(index), peer.contact));
    await until(() => rig.fetcher.connectionCount === 20 && peers.every((peer) => peer.visits.length === 1), 'all are called'); // prettier-ignore
    await breathe();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(CAP_BYTES);
  });

  it('64 MiB in all: the one that would exceed it ends, and nobody is called until some is free', async () => {
    const rig = newRig();
    const pieceCount = CAP_BYTES / 16_384;
    const peers = await Promise.all(
      Array.from({ length: 7 }, (_, index) =>
        newPeer(
          async (visit) => {
            await greetWithMetadata(visit, CAP_BYTES);
            for (let piece = 0; piece < pieceCount - 1; piece++) {
              if (piece > 0) await visit.message();
              visit.write(dataMessage(piece, CAP_BYTES, block()));
            }
          },
          `127.0.2.${index + 1}`,
        ),
      ),
    );
    peers.forEach((peer, index) => rig.offer(randomInfohash(index), peer.contact));
    await until(() => rig.givenUp.length > 0, 'the memory was full', 15_000);
    expect(rig.givenUp[0]!.reason).toBe('no-memory');
    expect(rig.counters.overflows.get('metadata-bytes')).toBeGreaterThan(0);
    rig.fetcher.checkInvariants();
    await rig.fetcher.stop();
    rig.fetcher.checkInvariants(); // all memory is given back
  });
});

describe('extension id of ut_metadata', () => {
  it.each([
    ['0', 'd1:md11:ut_metadatai0ee13:metadata_sizei100ee'],
    ['above 255', 'd1:md11:ut_metadatai256ee13:metadata_sizei100ee'],
    ['not an integer', 'd1:md11:ut_metadata1:3e13:metadata_sizei100ee'],
    ['absent', 'd1:md6:ut_pexi3ee13:metadata_sizei100ee'],
    ['without m', 'd13:metadata_sizei100ee'],
  ])('%s', async (_what, dictionary) => {
    const reason = await failureOf(async (visit) => {
      await greet(visit);
      visit.write(extensionMessage(0, dictionary));
    });
    expect(reason).toBe('no-ut-metadata');
  });

  it('switched off by a later handshake', async () => {
    const reason = await failureOf(async (visit) => {
      await greetWithMetadata(visit);
      visit.write(extensionMessage(0, 'd1:md11:ut_metadatai0eee'));
    });
    expect(reason).toBe('no-ut-metadata');
  });

  it('an extension handshake that is no bencode', async () => {
    const reason = await failureOf(async (visit) => {
      await greet(visit);
      visit.write(extensionMessage(0, 'hello'));
    });
    expect(reason).toBe('bad-message');
  });
});

describe('blocks', () => {
  const data = (dictionary: string, bytes = 16_384): Buffer => extensionMessage(1, dictionary, block(bytes));
  it.each<[string, Buffer[], string]>([
    ['total_size differs', [dataMessage(0, SIZE_BYTES - 1, block())], 'bad-piece'],
    ['total_size absent', [data('d8:msg_typei1e5:piecei0ee')], 'bad-piece'],
    ['piece negative', [dataMessage(-1, SIZE_BYTES, block())], 'bad-piece'],
    ['piece beyond the last', [dataMessage(12, SIZE_BYTES, block())], 'bad-piece'],
    ['piece 2^53', [dataMessage(2 ** 53, SIZE_BYTES, block())], 'bad-piece'],
    ['piece not an integer', [data(`d8:msg_typei1e5:piece1:010:total_sizei${SIZE_BYTES}ee`)], 'bad-piece'],
    ['piece not asked for yet', [dataMessage(8, SIZE_BYTES, block())], 'bad-piece'],
    ['piece twice', [dataMessage(0, SIZE_BYTES, block()), dataMessage(0, SIZE_BYTES, block())], 'bad-piece'],
    ['block too short', [dataMessage(0, SIZE_BYTES, block(16_383))], 'bad-piece'],
    ['block too long', [dataMessage(0, SIZE_BYTES, block(16_385))], 'bad-piece'],
    ['block empty', [dataMessage(0, SIZE_BYTES, block(0))], 'bad-piece'],
    ['message above 17 KiB', [message(20, Buffer.alloc(17 * 1024))], 'bad-message'],
    ['other message above 256 KiB', [message(5, Buffer.alloc(256 * 1024))], 'bad-message'],
    ['message of 4 GiB', [Buffer.from('ffffffff14', 'hex')], 'bad-message'],
    ['no bencode', [extensionMessage(1, 'xyz')], 'bad-message'],
    ['rejected', [extensionMessage(1, 'd8:msg_typei2e5:piecei0ee')], 'reject'],
  ])('%s', async (_what, messages, reason) => {
    expect(
      await failureOf(async (visit) => {
        await greetWithMetadata(visit);
        visit.write(...messages);
      }),
    ).toBe(reason);
  });

  it('a hostile peer is not called again for another infohash', async () => {
    const rig = newRig();
    const peer = await newPeer(async (visit) => {
      await greetWithMetadata(visit);
      visit.write(dataMessage(9, 9, block()));
    });
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    rig.offer(createHash('sha1').update('another').digest(), peer.contact);
    expect(rig.givenUp.map(({ reason }) => reason)).toEqual(['bad-piece', 'no-peers']);
    expect(rig.dialled).toHaveLength(1);
  });

  it('unknown message types and messages for other extensions are ignored', async () => {
    const rig = newRig();
    const peer = await newPeer(async (visit) => {
      await greet(visit);
      visit.write(message(5, Buffer.alloc(200_000)), message(0), message(9, Buffer.alloc(2)), message(14));
      visit.write(extensionMessage(7, 'd5:addedlee'));
      visit.write(extensionHandshake(torrent.info.length));
      visit.write(extensionMessage(1, 'd8:msg_typei7e5:piecei0ee'), extensionMessage(1, 'd8:msg_typei0e5:piecei0ee'));
      // All of it at once: it has at most four pieces.
      for (let start = 0; start < torrent.info.length; start += 16_384) {
        visit.write(dataMessage(start / 16_384, torrent.info.length, torrent.info.subarray(start, start + 16_384)));
      }
    });
    rig.offer(INFOHASH, peer.contact);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe(torrent.name);
  });
});

describe('slow-loris', () => {
  async function lateAfter(ms: number, script: (visit: Visit) => unknown, stepMs?: number): Promise<string> {
    const rig = newRig();
    let isReady = false;
    const peer = await newPeer(async (visit) => {
      await script(visit);
      isReady = true;
    });
    rig.offer(INFOHASH, peer.contact);
    await until(() => isReady, 'the script was through');
    await breathe();
    await rig.advance(ms - 200, stepMs);
    expect(rig.givenUp).toEqual([]);
    await rig.advance(300, stepMs);
    await rig.ended();
    return rig.givenUp[0]!.reason;
  }

  it('connect: 4 s', async () => {
    const rig = newRig({ dial: () => ({ send: () => undefined, destroy: () => undefined }) });
    rig.offer(INFOHASH, { host: '127.0.0.9', port: 6881 });
    rig.clock.advance(3900);
    expect(rig.givenUp).toEqual([]);
    rig.clock.advance(200);
    expect(rig.givenUp[0]?.reason).toBe('connect-timeout');
  });

  it('handshake: 4 s, also when bytes drip', async () => {
    expect(await lateAfter(4000, () => undefined)).toBe('handshake-timeout');
    expect(await lateAfter(4000, (visit) => visit.write(handshake(INFOHASH).subarray(0, 67)))).toBe(
      'handshake-timeout',
    );
  });

  it('extension handshake: 4 s', async () => {
    expect(await lateAfter(4000, greet)).toBe('stall');
  });

  it('first block: 6 s at the latest, and 4 KiB/s from the fifth second on', async () => {
    const fast = async (visit: Visit): Promise<void> => {
      await greetWithMetadata(visit);
      // Enough bytes for the rate, but no whole block.
      visit.write(message(5, Buffer.alloc(100_000)));
    };
    expect(await lateAfter(6000, fast)).toBe('stall');
    expect(await lateAfter(5000, (visit) => greetWithMetadata(visit))).toBe('stall');
  });

  it('idle: 5 s after the last whole block', async () => {
    const script = async (visit: Visit): Promise<void> => {
      await greetWithMetadata(visit);
      visit.write(message(5, Buffer.alloc(100_000)), dataMessage(0, SIZE_BYTES, block()));
      visit.write(dataMessage(1, SIZE_BYTES, block()).subarray(0, 9000));
    };
    expect(await lateAfter(5000, script)).toBe('stall');
  });

  it('total: 20 s and one more for each 64 KiB', async () => {
    const rig = newRig();
    let visit: Visit | null = null;
    const sizeBytes = 64 * 1024 * 10;
    const peer = await newPeer(async (newVisit) => {
      await greetWithMetadata(newVisit, sizeBytes);
      visit = newVisit;
    });
    rig.offer(INFOHASH, peer.contact);
    await until(() => visit !== null, 'the peer was asked');
    // A block every two seconds: never idle, above 4 KiB/s, and too slow for the whole.
    for (let piece = 0; piece < 14; piece++) {
      visit!.write(dataMessage(piece, sizeBytes, block()));
      await rig.advance(2000);
      expect(rig.givenUp).toEqual([]);
    }
    await rig.advance(2200);
    expect(rig.givenUp[0]?.reason).toBe('stall');
  });
});

describe('offers nothing, floods', () => {
  it.each<[string, (visit: Visit) => void]>([
    ['65 haves', (visit) => visit.write(...Array.from({ length: 65 }, () => message(4, Buffer.alloc(4))))],
    ['65 keep-alives', (visit) => visit.write(Buffer.alloc(65 * 4))],
    ['chokes', (visit) => visit.write(...Array.from({ length: 200 }, () => message(0)))],
    ['three large bitfields', (visit) => visit.write(...[1, 2, 3].map(() => message(5, Buffer.alloc(200_000))))],
    [
      'foreign extension messages',
      (visit) => visit.write(...Array.from({ length: 70 }, () => extensionMessage(9, 'de'))),
    ],
  ])('%s before the first block', async (_what, flood) => {
    expect(
      await failureOf(async (visit) => {
        await greet(visit);
        flood(visit);
      }),
    ).toBe('flood');
    expect(
      await failureOf(async (visit) => {
        await greetWithMetadata(visit);
        flood(visit);
      }),
    ).toBe('flood');
  });
});

describe('floods between blocks', () => {
  it('what is no block has a limit, however many blocks have come', async () => {
    expect(
      await failureOf(async (visit) => {
        await greetWithMetadata(visit);
        visit.write(dataMessage(0, SIZE_BYTES, block()));
        await visit.message();
        visit.write(...[1, 2, 3].map(() => message(5, Buffer.alloc(200_000))));
      }),
    ).toBe('flood');
  });
});

describe('SHA mismatch', () => {
  it('discards all, asks the next peer for the whole, and does not ask the liar again', async () => {
    const wrong = Buffer.from(torrent.info);
    wrong[wrong.length - 3]! ^= 1;
    const rig = newRig({ connectionsMax: 1 });
    const liar = new Seeder([{ info: wrong, infohashes: [INFOHASH] }]);
    const honest = new Seeder([torrent]);
    toStop.push(liar, honest);
    const liarContact = await liar.listen('127.0.0.2');
    // Named twice, so it is asked first.
    rig.offer(INFOHASH, { host: '127.0.0.99', port: 1 });
    expect(rig.givenUp.splice(0)[0]?.reason).toBe('no-peers');
    rig.fetcher.pause();
    rig.offer(INFOHASH, liarContact);
    rig.offer(INFOHASH, liarContact, await honest.listen('127.0.0.3'));
    rig.fetcher.resume();
    await rig.ended();
    expect(rig.counters.metadataFailures.toObject()).toEqual({ mismatch: 1 });
    expect(rig.fetched[0]?.info.name).toBe(torrent.name);
    expect([liar.connectionCount, honest.connectionCount]).toEqual([1, 1]);
  });
});

describe('right hash, semantic garbage', () => {
  it.each<[string, object]>([
    ['no name', { 'piece length': 16384, pieces: Buffer.alloc(20), length: 3 }],
    ['pieces % 20', { name: 'x', 'piece length': 16384, pieces: Buffer.alloc(19), length: 3 }],
    [
      'length and files',
      { name: 'x', 'piece length': 16384, pieces: Buffer.alloc(20), length: 3, files: [{ length: 3, path: ['a'] }] },
    ],
  ])(
    "%s: given up as invalid, once (that it stays so is the store's: test/store/retry-desk.test.ts)",
    async (_what, fields) => {
      const info = bencode.encode(fields as Parameters<typeof bencode.encode>[0]);
      const infohash = createHash('sha1').update(info).digest();
      const rig = newRig();
      const seeder = new Seeder([{ info, infohashes: [infohash] }]);
      toStop.push(seeder);
      const contact = await seeder.listen('127.0.0.4');
      rig.offer(infohash, contact);
      await rig.ended();
      expect(rig.givenUp[0]?.reason).toBe('invalid');
      expect(rig.counters.metadataFailures.toObject()).toEqual({ invalid: 1 });
      expect(rig.givenUp).toHaveLength(1);
      expect(seeder.connectionCount).toBe(1);
    },
  );

  it('SHA-256 of a dictionary that is not of version 2', async () => {
    const info = bencode.encode({ name: 'x', 'piece length': 16384, pieces: Buffer.alloc(20), length: 3 });
    const infohash = createHash('sha256').update(info).digest().subarray(0, 20);
    const rig = newRig();
    const seeder = new Seeder([{ info, infohashes: [infohash] }]);
    toStop.push(seeder);
    rig.offer(infohash, await seeder.listen('127.0.0.4'));
    await rig.ended();
    expect(rig.givenUp[0]?.reason).toBe('invalid');
  });
});

describe('names that attack', () => {
  it('traversal, devices, bidi and private=1 arrive clean and flagged', async () => {
    const nasty = makeTorrent(
      {
        name: '..\\..\\\u202egpj.exe',
        category: 'other' as never,
        version: 'v1',
        files: [
          { path: ['..', '..', '.ssh', 'authorized_keys'], sizeBytes: 1 },
          { path: ['nul', 'C:', 'a\0b. '], sizeBytes: 1 },
        ],
      },
      createSeededRandom(1),
    );
    const rig = newRig();
    const seeder = new Seeder([nasty]);
    toStop.push(seeder);
    rig.offer(nasty.infohashes[0]!, await seeder.listen('127.0.0.5'));
    await rig.ended();
    expect(rig.fetched[0]?.info).toMatchObject({
      name: 'gpj.exe',
      files: [{ path: '.ssh/authorized_keys' }, { path: '_nul/C_/ab' }],
    });
  });
});

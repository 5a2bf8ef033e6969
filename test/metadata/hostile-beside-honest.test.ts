// Every row of protocol.md 4.3 once more, as it matters: the hostile peer is asked first, an honest one is named beside it,
// and the honest one's torrent is what comes out, in bounded time and memory. Real sockets. (hostile-peers.test.ts has each
// attack by its exact limit; parallel-peers.test.ts has liars among several that give blocks.)
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import bencode, { type Bencodable } from 'bencode';
import { afterEach, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { generateTorrents, makeTorrent, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { dataMessage, extensionHandshake, extensionMessage, handshake, message, Rig, startPeer, until, type Visit } from './test-rig.ts'; // prettier-ignore

const [torrent] = generateTorrents({ count: 1, seed: 33 }) as [SwarmTorrent];
const INFOHASH = torrent.infohashes[0]!;
const BLOCK = 16_384;
const SIZE_BYTES = 11 * BLOCK + 100;
const CAP_BYTES = 10 * 1024 * 1024;
/** From the dial of a peer that says nothing to the honest one's last block, by the fetcher's clock. */
const TIME_MS_MAX = 30_000;
const MEMORY_BYTES_MAX = 32 * 1024 * 1024;

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

function newRig(): Rig {
  const rig = new Rig();
  toStop.push(rig.fetcher);
  return rig;
}

type Script = (visit: Visit) => unknown;

async function greet(visit: Visit): Promise<void> {
  await visit.take(68);
  visit.write(handshake(INFOHASH));
  await visit.message();
}

/** As far as the first request. */
const withMetadata =
  (then: Script, sizeBytes = SIZE_BYTES): Script =>
  async (visit) => {
    await greet(visit);
    visit.write(extensionHandshake(sizeBytes));
    await visit.message();
    return then(visit);
  };
const saying =
  (dictionary: string): Script =>
  async (visit) => {
    await greet(visit);
    visit.write(extensionMessage(0, dictionary));
  };
const withSize = (size: string): Script => saying(`d1:md11:ut_metadatai3ee13:metadata_size${size}e`);
const withId = (m: string): Script => saying(`d${m}13:metadata_sizei100ee`);
const sending = (...messages: readonly Buffer[]): Script => withMetadata((visit) => visit.write(...messages));
const block = (bytes = BLOCK): Buffer => Buffer.alloc(bytes, 1);
const data = (dictionary: string): Buffer => extensionMessage(1, dictionary, block());
const total = `10:total_sizei${SIZE_BYTES}ee`;

/** The rows of protocol.md 4.3, in its words. */
const ROWS: readonly [string, readonly (readonly [string, Script])[]][] = [
  [
    'metadata_size 0, < 0, > cap, not int, absent',
    [
      ['0', withSize('i0e')],
      ['< 0', withSize('i-1e')],
      ['> cap', withSize(`i${CAP_BYTES + 1}e`)],
      ['> 2^53', withSize('i9999999999999999999999e')],
      ['not int', withSize('2:99')],
      ['absent', saying('d1:md11:ut_metadatai3eee')],
    ],
  ],
  [
    'total_size, piece, block and message lengths',
    [
      ['total_size != metadata_size', sending(dataMessage(0, SIZE_BYTES + 1, block()))],
      ['piece < 0', sending(dataMessage(-1, SIZE_BYTES, block()))],
      ['piece >= n', sending(dataMessage(12, SIZE_BYTES, block()))],
      ['piece non-int', sending(data(`d8:msg_typei1e5:piece1:0${total}`))],
      ['piece duplicate', sending(dataMessage(0, SIZE_BYTES, block()), dataMessage(0, SIZE_BYTES, block()))],
      ['piece unrequested', sending(dataMessage(10, SIZE_BYTES, block()))],
      ['block len wrong for its index', sending(dataMessage(0, SIZE_BYTES, block(BLOCK - 1)))],
      ['> 17 KiB message', sending(message(20, Buffer.alloc(17 * 1024 + 1)))],
      ['other message > 256 KiB', sending(message(5, Buffer.alloc(256 * 1024 + 1)))],
      ['a length of 4 GiB', sending(Buffer.from('ffffffff14', 'hex'))],
    ],
  ],
  [
    'ext id of ut_metadata 0, > 255, non-int',
    [
      ['0', withId('1:md11:ut_metadatai0ee')],
      ['> 255', withId('1:md11:ut_metadatai256ee')],
      ['non-int', withId('1:md11:ut_metadata1:3e')],
    ],
  ],
  [
    'slow-loris',
    [
      ['nothing after the connection', () => undefined],
      ['half a handshake', (visit) => visit.write(handshake(INFOHASH).subarray(0, 30))],
      ['nothing after the handshake', greet],
      ['no block', withMetadata(() => undefined)],
      [
        'a byte of a block now and then',
        withMetadata(async (visit) => {
          for (const byte of dataMessage(0, SIZE_BYTES, block())) {
            if (visit.isClosed) return;
            visit.write(Buffer.of(byte));
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        }),
      ],
    ],
  ],
  [
    'peer offers nothing / floods chokes, haves',
    [
      ['chokes', sending(...Array.from({ length: 200 }, () => message(0)))],
      ['haves', sending(...Array.from({ length: 200 }, () => message(4, Buffer.alloc(4))))],
      ['keep-alives', sending(Buffer.alloc(4 * 200))],
      ['bitfields of 600 KB', sending(...[1, 2, 3].map(() => message(5, Buffer.alloc(200_000))))],
      ['rejects', sending(extensionMessage(1, 'd8:msg_typei2e5:piecei0ee'))],
    ],
  ],
  [
    'SHA mismatch',
    [
      [
        'one peer, all blocks',
        withMetadata(async (visit) => {
          for (let piece = 0; piece < 12; piece++) {
            visit.write(dataMessage(piece, SIZE_BYTES, block(piece === 11 ? 100 : BLOCK)));
            if (piece < 4) await visit.message(); // one for each that is asked for behind the first eight
          }
        }),
      ],
    ],
  ],
];

describe.each(ROWS)('%s', (row, attacks) => {
  it.each(attacks)('%s', async (_what, script) => {
    const rig = newRig();
    const hostile = await startPeer(script, '127.0.31.1');
    const honest = new Seeder([torrent]);
    toStop.push(hostile, honest);
    const contact = await honest.listen('127.0.31.2');
    const before = { ms: rig.clock.nowMs(), bytes: process.memoryUsage().arrayBuffers };
    rig.fetcher.pause();
    rig.offer(INFOHASH, hostile.contact);
    rig.offer(INFOHASH, hostile.contact, contact); // the hostile one is named twice, and asked first
    rig.fetcher.resume();
    await until(() => hostile.visits.length === 1, 'the hostile one was asked');
    // The clock moves only where the attack is to take its time.
    while (row === 'slow-loris' && rig.dialled.length < 2) await rig.advance(250);
    await until(() => rig.endedCount === 1, 'the honest one was fetched from', 15_000);
    rig.fetcher.checkInvariants();
    expect(hostile.visits).toHaveLength(1);
    expect(rig.fetched.map(({ info }) => info.name)).toEqual([torrent.name]);
    expect(rig.clock.nowMs() - before.ms).toBeLessThan(TIME_MS_MAX);
    expect(process.memoryUsage().arrayBuffers - before.bytes).toBeLessThan(MEMORY_BYTES_MAX);
    expect([rig.fetcher.connectionCount, rig.fetcher.heldBytes, rig.clock.alarmCount]).toEqual([0, 0, 0]);
    await hostile.visits[0]!.closed();
  });
});

/** A dictionary that is right by its hash, from an honest seeder. */
async function fetchInfo(info: Bencodable | Uint8Array): Promise<Rig> {
  const raw = info instanceof Uint8Array ? info : bencode.encode(info);
  const infohash = createHash('sha1').update(raw).digest();
  const rig = newRig();
  const seeder = new Seeder([{ info: raw, infohashes: [infohash] }]);
  toStop.push(seeder);
  rig.offer(infohash, await seeder.listen('127.0.31.3'));
  await rig.ended();
  return rig;
}

const V1 = { name: 'x', 'piece length': BLOCK, pieces: Buffer.alloc(20) };
const many = (count: number): Bencodable => Array.from({ length: count }, (_, index) => ({ length: 1, path: [`${index}`] })); // prettier-ignore

describe('hash ok but semantic garbage', () => {
  it.each<[string, Bencodable | Uint8Array]>([
    ['name missing', { 'piece length': BLOCK, pieces: Buffer.alloc(20), length: 3 }],
    ['piece length 0', { ...V1, 'piece length': 0, length: 3 }],
    ['piece length negative', { ...V1, 'piece length': -BLOCK, length: 3 }],
    ['pieces % 20', { ...V1, pieces: Buffer.alloc(21), length: 3 }],
    ['both length and files', { ...V1, length: 3, files: [{ length: 3, path: ['a'] }] }],
    ['length negative', { ...V1, length: -3 }],
    ['sum > 2^53', { ...V1, files: [1, 2].map((index) => ({ length: 2 ** 52 + 2 ** 51, path: [`${index}`] })) }],
    ['file list > 100k', { ...V1, files: many(100_001) }],
    ['depth > 100', Buffer.from(`d1:x${'l'.repeat(101)}${'e'.repeat(101)}e`)],
  ])('%s: given up as invalid, which the store never asks for again', async (_what, info) => {
    const rig = await fetchInfo(info);
    expect(rig.givenUp.map(({ reason }) => reason)).toEqual(['invalid']);
    expect(rig.counters.metadataFailures.toObject()).toEqual({ invalid: 1 });
    expect(rig.counters.malformed.total()).toBe(1);
  });
});

describe('names and lists of an honest hash', () => {
  const info = async (fields: Bencodable): Promise<Rig['fetched'][number]['info']> =>
    (await fetchInfo(fields)).fetched[0]!.info;

  it('path traversal: .., /, \\, drive letters, absolute, empty, NUL, con and nul, trailing dot and space', async () => {
    const paths = [
      ['..', '..', 'etc', 'passwd'],
      ['/absolute', 'a'],
      ['C:\\Windows', 'b'],
      ['', 'c'],
      ['con', 'nul.txt'],
      ['d. ', 'e\0f'],
    ];
    const { files } = await info({ ...V1, name: '../../root', files: paths.map((path) => ({ length: 1, path })) });
    expect(files).toHaveLength(paths.length);
    for (const { path } of files) {
      for (const part of path.split('/')) expect(part).toMatch(/^(?!\.\.?$)(?!(con|nul)(\.|$))[^\\:\0]*[^\\:\0. ]$/i);
    }
  });

  it('non-UTF-8: the .utf-8 variant if there is one, else readable and flagged', async () => {
    const bytes = Buffer.from([0xc4, 0xe3, 0xba, 0xc3]);
    expect((await info({ ...V1, name: bytes, 'name.utf-8': '你好', length: 3 })).name).toBe('你好');
    const lossy = await info({ ...V1, name: Buffer.concat([Buffer.from('film '), bytes]), length: 3 });
    expect(lossy.name.startsWith('film ')).toBe(true);
    expect(lossy.name).toContain('\ufffd');
  });

  it('bidi and zero-width characters, C0, C1 and lone surrogates', async () => {
    const hostile = [
      0x61c, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0x00, 0x07, 0x1b, 0x85, 0x9b,
    ];
    const name = Buffer.concat([Buffer.from(`a${String.fromCodePoint(...hostile)}b`), Buffer.from([0xed, 0xa0, 0x80])]);
    const fetched = await info({ ...V1, name, length: 3 });
    for (const code of hostile) expect(fetched.name).not.toContain(String.fromCodePoint(code));
    expect(fetched.name).toMatch(/^a\s*b/);
    expect(fetched.name.isWellFormed()).toBe(true);
  });

  it('huge lists: the first 2,000 files, and the count and the total of all', async () => {
    const fetched = await info({ ...V1, files: many(100_000) });
    expect(fetched.files).toHaveLength(2000);
    expect([fetched.fileCount, fetched.sizeBytes]).toEqual([100_000, 100_000]);
  });

  it('private=1 is recorded', async () => {
    expect((await info({ ...V1, private: 1, length: 3 })).isPrivate).toBe(true);
    expect((await info({ ...V1, length: 3 })).isPrivate).toBe(false);
  });
});

describe('ends', () => {
  it(
    'of all kinds of peers leave nothing in TIME_WAIT, on either side',
    { skip: process.platform !== 'linux' },
    async () => {
      /** States of what is open between 127.0.32.33 to .36, without those that listen. */
      const states = (): string[] =>
        readFileSync('/proc/net/tcp', 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .filter(([, local = '', remote = '']) => /^2[1-4]20007F:/.test(local) && /^2[1-4]20007F:/.test(remote))
          .map(([, , , state = '']) => state);
      const large = makeTorrent({ name: 'y', category: 'software', version: 'v1', files: [{ path: ['a'], sizeBytes: 1 }] }, createSeededRandom(3)); // prettier-ignore
      const rig = new Rig({ bindHost: '127.0.32.33' });
      toStop.push(rig.fetcher);
      const seeder = new Seeder([torrent, large]);
      const hangsUp = await startPeer((visit) => visit.socket.end(), '127.0.32.34');
      const hangsUpLater = await startPeer(async (visit) => {
        await greet(visit);
        visit.socket.end();
      }, '127.0.32.35');
      const silent = await startPeer(() => undefined, '127.0.32.36');
      toStop.push(seeder, hangsUp, hangsUpLater, silent);
      const contact = await seeder.listen('127.0.32.36');
      rig.offer(INFOHASH, hangsUp.contact, hangsUpLater.contact);
      await rig.ended();
      rig.offer(INFOHASH, contact);
      rig.offer(large.infohashes[0]!, contact);
      await rig.ended(3);
      rig.offer(createHash('sha1').update('nobody').digest(), silent.contact);
      while (silent.visits.length === 0) await rig.advance(100);
      expect(states()).toContain('01'); // established: these are ours
      rig.fetcher.pause();
      await silent.visits[0]!.closed();
      await rig.advance(200);
      expect(rig.fetched).toHaveLength(2);
      expect(states()).toEqual([]);
    },
  );
});

// Several peers of one infohash, over real sockets: blocks are taken from whoever sends them, and when their hash is wrong it
// is found out who lied.
import { afterEach, describe, expect, it } from 'vitest';
import { contactText } from '../../main/base/contact.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { makeTorrent, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import {
  breathe,
  dataMessage,
  extensionHandshake,
  handshake,
  randomInfohash,
  Rig,
  type ScriptedPeer,
  startPeer,
  until,
  type Visit,
} from './test-rig.ts';

const BLOCK = 16_384;
const files = Array.from({ length: 9000 }, (_, index) => ({ path: [`folder ${index % 90}`, `file ${index}.bin`], sizeBytes: 9 })); // prettier-ignore
const newTorrent = (seed: number): SwarmTorrent =>
  makeTorrent({ name: `Large ${seed}`, category: 'software', version: 'v2', files }, createSeededRandom(seed));
const LARGE = newTorrent(1);
const PIECES = Math.ceil(LARGE.info.length / BLOCK);

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

function newRig(): Rig {
  const rig = new Rig();
  toStop.push(rig.fetcher);
  return rig;
}

interface Manners {
  readonly torrent?: SwarmTorrent;
  /** Answers so many requests and then goes silent, or hangs up. */
  readonly answers?: number;
  readonly hangsUp?: boolean;
  /** What it makes of a block. */
  readonly block?: (bytes: Buffer, piece: number) => Buffer;
  readonly sizeBytes?: number;
}

interface GivingPeer extends ScriptedPeer {
  /** Pieces that it was asked for, in order, over all visits. */
  readonly asked: number[];
}

let lastHost = 0;
async function givingPeer(manners: Manners = {}): Promise<GivingPeer> {
  const { torrent = LARGE, answers = Infinity, hangsUp = false, block = (bytes) => bytes } = manners;
  const { sizeBytes = torrent.info.length } = manners;
  const asked: number[] = [];
  const serve = async (visit: Visit): Promise<void> => {
    await visit.take(68);
    visit.write(handshake(torrent.infohashes[0]!), extensionHandshake(sizeBytes));
    await visit.message();
    for (let count = 0; ; count++) {
      if (count === answers && hangsUp) return void visit.socket.end();
      const request = await visit.message().catch(() => null); // gone, or nothing more is wanted
      if (request === null) return;
      const piece = Number(/5:piecei(\d+)e/.exec(request.toString('latin1'))![1]);
      asked.push(piece);
      if (count >= answers) continue;
      const whole = Buffer.alloc(sizeBytes);
      whole.set(torrent.info.subarray(0, sizeBytes));
      const bytes = whole.subarray(piece * BLOCK, (piece + 1) * BLOCK);
      visit.write(dataMessage(piece, sizeBytes, block(Buffer.from(bytes), piece)));
    }
  };
  const peer = await startPeer(serve, `127.0.21.${++lastHost}`);
  toStop.push(peer);
  return { ...peer, asked };
}

/** The first of them is asked first: it is named twice. */
function offer(rig: Rig, torrent: SwarmTorrent, first: ScriptedPeer, ...others: readonly ScriptedPeer[]): void {
  rig.fetcher.pause();
  rig.offer(torrent.infohashes[0]!, first.contact);
  rig.offer(torrent.infohashes[0]!, first.contact, ...others.map(({ contact }) => contact));
  rig.fetcher.resume();
}

const flipped = (bytes: Buffer): Buffer => {
  bytes[bytes.length - 3]! ^= 1;
  return bytes;
};

describe('blocks of one infohash from several peers', () => {
  it('a slow one and a fast one share the work: what the slow one gave is not asked of the fast one', async () => {
    const rig = newRig();
    const slow = await givingPeer({ answers: 20 });
    const fast = await givingPeer();
    offer(rig, LARGE, slow, fast);
    await until(() => slow.asked.length === 28, 'the slow one has gone silent, with eight requests open');
    await rig.advance(2400);
    expect(rig.fetcher.connectionCount).toBe(1);
    await rig.advance(400);
    await rig.ended();
    expect(rig.fetched[0]?.info).toMatchObject({ name: 'Large 1', fileCount: 9000 });
    expect(fast.asked.toSorted((a, b) => a - b)).toEqual(Array.from({ length: PIECES - 20 }, (_, index) => 20 + index));
    expect(rig.counters.metadataFailures.total()).toBe(0);
    expect(rig.fetcher.heldBytes).toBe(0);
    await until(() => slow.visits[0]!.isClosed, 'the slow one is let go');
  });

  it('who comes after one that hung up goes on where it left', async () => {
    const rig = newRig();
    const first = await givingPeer({ answers: 15, hangsUp: true });
    const second = await givingPeer();
    offer(rig, LARGE, first, second);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 1');
    expect(second.asked).toHaveLength(PIECES - 15);
    expect(rig.counters.metadataFailures.toObject()).toEqual({ closed: 1 });
  });

  it('six that hang up after a few blocks each make a whole', async () => {
    const rig = newRig();
    const answers = Math.ceil(PIECES / 6);
    const peers = await Promise.all(Array.from({ length: 6 }, () => givingPeer({ answers, hangsUp: true })));
    offer(rig, LARGE, peers[0]!, ...peers.slice(1));
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 1');
    expect(peers.every(({ visits }) => visits.length === 1)).toBe(true);
  });

  it('a pause forgets what came so far, and so does the end of the infohash', async () => {
    const rig = newRig();
    const first = await givingPeer({ answers: 10, hangsUp: true });
    const silent = await startPeer(() => undefined, '127.0.22.1');
    toStop.push(silent);
    offer(rig, LARGE, first, silent);
    await until(() => silent.visits.length === 1, 'the second one was called');
    expect(rig.fetcher.heldBytes).toBe(10 * BLOCK);
    rig.fetcher.pause();
    expect(rig.fetcher.heldBytes).toBe(0);
    rig.fetcher.resume();
    await rig.advance(9000);
    await rig.ended();
    expect(rig.givenUp).toHaveLength(1);
    expect(rig.fetcher.heldBytes).toBe(0);
  });
});

describe('a wrong hash', () => {
  it.each<[string, number]>([
    ['in the first block', 0],
    ['in its last block', 14],
  ])(
    'of blocks from an honest peer and a liar, %s: both are asked for the whole, and the liar is shunned',
    async (_what, lie) => {
      const rig = newRig();
      const block = (bytes: Buffer, piece: number): Buffer => (piece === lie ? flipped(bytes) : bytes);
      const liar = await givingPeer({ answers: 15, hangsUp: true, block });
      const honest = await givingPeer();
      offer(rig, LARGE, liar, honest);
      await rig.ended();
      expect(rig.fetched[0]?.info.name).toBe('Large 1');
      expect(rig.counters.dropped.get('metadata-mixed-mismatch')).toBe(1);
      expect(honest.asked.length).toBe(PIECES - 15 + PIECES);
      expect(rig.counters.metadataFailures.get('mismatch')).toBe(1);
      // Whom not to believe is known: another infohash is not asked of the liar, and is asked of the honest one.
      const before = rig.dialled.length;
      rig.offer(randomInfohash(5), liar.contact);
      expect(rig.givenUp.at(-1)!.reason).toBe('no-peers');
      rig.offer(randomInfohash(6), honest.contact);
      expect(rig.dialled.slice(before)).toEqual([contactText(honest.contact)]);
    },
  );

  it('of a liar that serves everything beside a slow honest one: only the liar is out', async () => {
    const rig = newRig();
    const slow = await givingPeer({ answers: 0 });
    const liar = await givingPeer({ block: (bytes, piece) => (piece === 3 ? flipped(bytes) : bytes) });
    const honest = await givingPeer();
    offer(rig, LARGE, slow, liar);
    await until(() => slow.asked.length === 8, 'the slow one was asked');
    await rig.advance(2700);
    await until(() => rig.counters.metadataFailures.get('mismatch') === 1, 'the liar was caught');
    rig.offer(LARGE.infohashes[0]!, honest.contact);
    await until(() => slow.asked.length === 16, 'the slow one was asked again');
    await rig.advance(2700);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 1');
    expect(liar.visits).toHaveLength(1);
    expect(rig.counters.metadataFailures.toObject()).toEqual({ mismatch: 1 });
  });

  it('two liars and an honest one: each liar costs one more try, and the honest one wins', async () => {
    const rig = newRig();
    const liars = await Promise.all(
      [2, 9].map((lie) =>
        givingPeer({ answers: 12, hangsUp: true, block: (bytes, piece) => (piece === lie ? flipped(bytes) : bytes) }),
      ),
    );
    const honest = await givingPeer();
    offer(rig, LARGE, liars[0]!, liars[1]!, honest);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 1');
    expect(rig.dialled.length).toBeLessThanOrEqual(6);
    for (const { contact } of liars) rig.offer(randomInfohash(5), contact);
    // The one whose lie was in a block that counted; the other one's block may have been given by somebody else.
    expect(rig.givenUp.filter(({ reason }) => reason === 'no-peers').length).toBeGreaterThan(0);
  });

  it('of everybody: the infohash ends, after each was asked for the whole once', async () => {
    const rig = newRig();
    const liars = await Promise.all(
      [0, 1, 2].map(() => givingPeer({ answers: 20, hangsUp: true, block: (bytes) => flipped(bytes) })),
    );
    offer(rig, LARGE, liars[0]!, ...liars.slice(1));
    await rig.ended();
    expect(rig.fetched).toEqual([]);
    expect(rig.dialled.length).toBeLessThanOrEqual(6);
    expect(rig.fetcher.heldBytes).toBe(0);
  });
});

describe('metadata_size', () => {
  it.each<[string, number]>([
    ['more', LARGE.info.length + 3 * BLOCK],
    ['less', LARGE.info.length - 3 * BLOCK],
    ['as many blocks, one byte less', LARGE.info.length - 1],
  ])('a liar that names %s does not touch what the honest one gives', async (_what, sizeBytes) => {
    const rig = newRig();
    const liar = await givingPeer({ sizeBytes, answers: 5 });
    const honest = await givingPeer();
    offer(rig, LARGE, liar, honest);
    await until(() => liar.asked.length === 13, 'the liar has gone silent');
    await rig.advance(2700);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 1');
    expect(honest.asked.length).toBe(PIECES);
    expect(rig.counters.metadataFailures.total()).toBe(0);
    expect(rig.fetcher.heldBytes).toBe(0);
  });

  it('a liar that serves all of its size is found out by the hash; the honest one is asked next', async () => {
    const rig = newRig();
    const liar = await givingPeer({ sizeBytes: LARGE.info.length + BLOCK });
    const honest = new Seeder([LARGE]);
    toStop.push(honest);
    const contact = await honest.listen('127.0.22.2');
    rig.fetcher.pause();
    rig.offer(LARGE.infohashes[0]!, liar.contact);
    rig.offer(LARGE.infohashes[0]!, liar.contact, contact);
    rig.fetcher.resume();
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 1');
    expect(rig.counters.metadataFailures.toObject()).toEqual({ mismatch: 1 });
  });
});

describe('64 MiB in all', () => {
  it('blocks of infohashes that nobody is asked for give way to those of others', async () => {
    const rig = newRig();
    const size = 10 * 1024 * 1024;
    // Seven leave 9.9 MiB each behind, and their infohashes wait for somebody whose address is taken.
    const hog = await startPeer(() => undefined, '127.0.23.1');
    toStop.push(hog);
    rig.offer(randomInfohash(99), hog.contact);
    const leavers = await Promise.all(
      Array.from({ length: 7 }, (_, index) =>
        startPeer(
          async (visit) => {
            visit.write(handshake(randomInfohash(index)), extensionHandshake(size));
            await visit.take(68);
            await visit.message();
            for (let piece = 0; piece < 630; piece++) {
              await visit.message();
              visit.write(dataMessage(piece, size, Buffer.alloc(BLOCK)));
            }
            await breathe();
            visit.socket.end();
          },
          `127.0.23.${index + 2}`,
        ),
      ),
    );
    toStop.push(...leavers);
    for (const [index, { contact }] of leavers.entries()) {
      rig.offer(randomInfohash(index), contact, hog.contact);
      await until(() => rig.counters.metadataFailures.total() === index + 1, 'it has left', 20_000);
      rig.fetcher.checkInvariants();
    }
    expect(rig.counters.metadataFailures.toObject()).toEqual({ closed: 7 });
    expect(rig.counters.overflows.get('metadata-bytes')).toBe(0);
    const torrent = newTorrent(2);
    const honest = await givingPeer({ torrent });
    rig.offer(torrent.infohashes[0]!, honest.contact);
    await rig.ended();
    expect(rig.fetched[0]?.info.name).toBe('Large 2');
  });
});

// The product as it is run, among strangers who all mean harm but one: hostile DHT nodes and hostile peers on loopback, a
// flood from the side, and one honest seeder whose torrent must be found. Then the same with --serve, from an asker's side.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import bencode, { type Bencodable } from 'bencode';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import type { Contact } from '../../main/base/contact.ts';
import { makeTorrent } from '../../scripts/swarm/torrents.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { queryBytes, readMessage, replyBytes, TARGET } from '../dht/wire-fixtures.ts';
import { extensionHandshake, handshake, message, startPeer, type Visit } from '../metadata/test-rig.ts';
import { HeadlessRun, search, type StatusLine } from '../real-peers/headless-run.ts';
import {
  bogusNodes,
  compactNode,
  compactPeer,
  corpus,
  HostileNode,
  malformedReplies,
  type Answer,
} from './hostile-nodes.ts';

const random = createSeededRandom(20260101);
const folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-hostile-'));
/** Measured: 180 MiB. */
const RSS_MAX_KIB = 400 * 1024;
const nodes: HostileNode[] = [];
const toStop: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop();
  for (const node of nodes.splice(0)) node.socket.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function newNode(host: string, answer: Answer | null = null): Promise<HostileNode> {
  const node = await HostileNode.at(host, random.bytes(20), answer);
  nodes.push(node);
  return node;
}

function start(name: string, ...args: string[]): { run: HeadlessRun; dataDir: string } {
  const dataDir = path.join(folder, name);
  const common = ['--data-dir', dataDir, '--allow-local-addresses', '--bind', '127.0.0.1'];
  const run = new HeadlessRun([...common, ...args]);
  toStop.push(() => run.end('SIGKILL'));
  return { run, dataDir };
}

interface Sown {
  readonly info: Uint8Array;
  readonly infohashes: readonly Uint8Array[];
}

function sown(info: Uint8Array): Sown {
  return { info, infohashes: [createHash('sha1').update(info).digest()] };
}

function single(name: string | Uint8Array): Sown {
  return sown(bencode.encode({ length: 5, name, 'piece length': 16384, pieces: new Uint8Array(20) }));
}

function listed(name: string, files: Bencodable[]): Sown {
  return sown(bencode.encode({ files, name, 'piece length': 16384, pieces: new Uint8Array(20) }));
}

const HONEST = makeTorrent(
  { name: 'Honest Lantern', category: 'video', version: 'v1', files: [{ path: [], sizeBytes: 700_000_000 }] },
  random,
);
const NAMED: readonly Sown[] = [
  single('hostile bidi \u202egpj.exe\u200b\u2066'),
  single(Buffer.from('hostile nul \0\x1b[31m\xff', 'latin1')),
  single('hostile <img src=x onerror=alert(1)>'),
  single('../../../../hostile/../escape'),
  single('hostile \'); DROP TABLE torrents; -- "*'),
  single(`hostile dots ${'.'.repeat(300_000)}x`),
  listed('hostile paths', [
    { length: 1, path: ['..', '..', 'etc', 'passwd'] },
    { length: 1, path: ['C:\\windows', 'nul', '\u202etxt.exe'] },
    { length: 1, path: ['__proto__', 'constructor'] },
    { length: 1, path: ['a/'.repeat(250_000)] },
    { length: 1, path: ['. '.repeat(250_000)] },
  ]),
  listed(
    'hostile many',
    Array.from({ length: 99_000 }, (_, index) => ({ length: 1, path: [String(index)] })),
  ),
];
const INVALID: readonly Sown[] = [
  sown(random.bytes(20_000)),
  sown(Buffer.from(`d4:name${'l'.repeat(5000)}`)),
  sown(bencode.encode({ length: -5, name: 'hostile negative', 'piece length': 16384, pieces: new Uint8Array(20) })),
  listed(
    'hostile more',
    Array.from({ length: 100_001 }, () => ({ length: 1, path: ['x'] })),
  ),
];

/** Peers that break a rule of protocol.md 4.3 each, by the reason they are counted under. */
const RULE_BREAKERS: readonly [string, (visit: Visit) => unknown][] = [
  ['handshake-timeout', (visit) => drip(visit)],
  ['not-bittorrent', (visit) => visit.write(random.bytes(4096))],
  ['wrong-hash', (visit) => visit.write(handshake(random.bytes(20)))],
  ['oversize', (visit) => greet(visit, extensionHandshake(2 ** 40))],
  ['no-size', (visit) => greet(visit, extensionHandshake(-1))],
  ['bad-message', (visit) => greet(visit, Buffer.from('ffffffff14', 'hex'), random.bytes(60_000))],
  ['flood', (visit) => greet(visit, ...Array.from({ length: 500 }, () => message(4, Buffer.alloc(4))))],
  ['stall', (visit) => greet(visit, extensionHandshake(10 * 1024 * 1024))],
];

async function greet(visit: Visit, ...then: Uint8Array[]): Promise<void> {
  const theirs = await visit.take(68);
  visit.write(handshake(theirs.subarray(28, 48)), ...then);
}

async function drip(visit: Visit): Promise<void> {
  for (let count = 0; count < 60 && !visit.isClosed; count++) {
    visit.write(Buffer.from([0x13]));
    await pass(200);
  }
}

/** Infohash (latin1) to who is said to have it. */
async function plantPeers(): Promise<Map<string, Contact>> {
  const peers = new Map<string, Contact>();
  const keyOf = (infohash: Uint8Array): string => Buffer.from(infohash).toString('latin1');
  const seed = async (torrents: readonly Sown[], host: string): Promise<void> => {
    const seeder = new Seeder(torrents);
    const contact = await seeder.listen(host);
    toStop.push(() => seeder.stop());
    for (const { infohashes } of torrents) peers.set(keyOf(infohashes[0]!), contact);
  };
  await seed(NAMED, '127.30.0.1');
  await seed(INVALID, '127.30.0.2');
  await seed([HONEST], '127.30.0.3');
  const wrong = random.bytes(20);
  await seed([{ info: random.bytes(40_000), infohashes: [wrong] }], '127.30.0.4');
  for (const [index, [, script]] of RULE_BREAKERS.entries()) {
    const peer = await startPeer(script, `127.30.1.${index + 1}`);
    toStop.push(() => peer.stop());
    peers.set(keyOf(random.bytes(20)), peer.contact);
  }
  return peers;
}

async function plantNodes(peers: ReadonlyMap<string, Contact>): Promise<HostileNode> {
  const all: HostileNode[] = [];
  const known = (): Uint8Array => Buffer.concat(all.map((node) => compactNode(node.id, node.contact)).slice(1, 9));
  const infohashes = [...peers.keys()].map((key) => Buffer.from(key, 'latin1'));
  const sampler =
    (part: number): Answer =>
    (query, { id }) => {
      const peer = peers.get(Buffer.from((query.a['info_hash'] as Uint8Array | undefined) ?? '').toString('latin1'));
      const samples = Buffer.concat(infohashes.filter((_, index) => index % 2 === part));
      if (query.q === 'sample_infohashes')
        return [replyBytes(query.t, { id, interval: -5, nodes: known(), num: -1, samples })];
      return [
        replyBytes(query.t, { id, nodes: known(), ...(peer ? { token: 'x', values: [compactPeer(peer)] } : {}) }),
      ];
    };
  const elsewhere = await newNode('127.20.9.9');
  const bogus = bogusNodes(10_000, random);
  const answers: Answer[] = [
    (query, { id }) => [replyBytes(query.t, { id, nodes: known() })], // the way in
    (query, { id }) => malformedReplies(query.t, id, random),
    sampler(0),
    sampler(1),
    (query, { id }) => [
      replyBytes(query.t, { id, nodes: bogus.subarray(0, 26 * 2000) }),
      ...Array.from({ length: 20 }, () => {
        const from = random.below(9800);
        return replyBytes(query.t, { id, nodes: bogus.subarray(26 * from, 26 * (from + 150)) });
      }),
    ],
    (query, node) => {
      // From another address and another port, and under other transaction ids.
      elsewhere.send(replyBytes(query.t, { id: node.id, nodes: known() }), LISTENS.at);
      return Array.from({ length: 50 }, () => replyBytes(random.bytes(4), { id: node.id, nodes: known() }));
    },
    (query) => [replyBytes(query.t, { id: random.bytes(20), nodes: known() })],
    (query, { id }) => [
      replyBytes(query.t, {
        id,
        interval: 9e15,
        num: 9e15,
        samples: random.bytes(20 * 51),
        nodes: bogus.subarray(0, 208),
      }),
    ],
  ];
  for (const [index, answer] of answers.entries()) all.push(await newNode(`127.20.${index + 1}.1`, answer));
  return all[0]!;
}

/** Where the product listens; known with its first status line. */
const LISTENS: { at: Contact } = { at: { host: '127.0.0.1', port: 9 } };

/** 20,000 queries and as many replies that nobody asked for. */
async function flood(from: HostileNode): Promise<void> {
  const query = queryBytes('find_node', { target: TARGET });
  for (let sent = 0; sent < 20_000; sent += 200) {
    for (let count = 0; count < 200; count++) {
      from.send(query, LISTENS.at);
      const isOdd = count % 10 === 0;
      from.send(isOdd ? corpus[count % corpus.length]! : replyBytes(random.bytes(4), { id: from.id }), LISTENS.at);
    }
    await pass(15);
  }
}

function peakRssKib(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function listening(run: HeadlessRun): Promise<void> {
  const { port } = await run.waitFor((line) => line.port > 0, 15_000);
  expect(port, run.errors).toBeGreaterThan(0);
  LISTENS.at = { host: '127.0.0.1', port };
}

test('among hostile nodes and peers it lives, finds the honest torrent and does nobody harm', async () => {
  const entry = await plantNodes(await plantPeers());
  const bystander = await newNode('127.20.8.8');
  const { run, dataDir } = start('crawl', '--bootstrap', `127.20.1.1:${entry.contact.port}`);
  await listening(run);
  await flood(bystander);
  const isEnough = (line: StatusLine): boolean =>
    line.torrents > NAMED.length && RULE_BREAKERS.every(([reason]) => (line.metadataFailures[reason] ?? 0) > 0);
  const last = await run.waitFor(isEnough, 30_000);
  await pass(1000);

  expect(run.errors).not.toMatch(/fell|assert|Error/i);
  expect(run.lines.length).toBeGreaterThanOrEqual(Math.floor(uptimeSeconds(last) / 5));
  expect(peakRssKib(run.pid)).toBeLessThan(RSS_MAX_KIB);
  expect(bystander.heardAtMs).toEqual([]);
  expect(last.dropped['read-only']).toBeGreaterThan(1000);
  expect(last.dropped['unknown-transaction']).toBeGreaterThan(1000);
  for (const reason of [
    'too-short',
    'too-long',
    'truncated',
    'too-deep',
    'bad-nodes',
    'bad-samples',
    'interval-out-of-range',
  ])
    expect(last.malformed, reason).toHaveProperty(reason);
  for (const [reason] of RULE_BREAKERS) expect(last.metadataFailures, reason).toHaveProperty(reason);
  expect(last.metadataFailures['mismatch']).toBeGreaterThan(0);
  expect(last.metadataFailures['invalid']).toBe(INVALID.length);
  for (const node of nodes) {
    for (const seconds of [1, 10]) expect(node.mostWithin(seconds), node.contact.host).toBeLessThanOrEqual(seconds + 4);
  }
  expect(await run.end('SIGTERM')).toBe(0);

  expect(readdirSync(folder)).toEqual(['crawl']);
  expect(readdirSync(dataDir).sort()).toEqual(['catalogue.db', 'dht-state.benc']);
  for (const file of readdirSync(dataDir)) expect(statSync(path.join(dataDir, file)).mode & 0o077).toBe(0);

  expect(search(dataDir, '"honest lantern"').map(({ name }) => name)).toEqual(['Honest Lantern']);
  const hostile = search(dataDir, 'hostile');
  expect(hostile).toHaveLength(NAMED.length);
  for (const { name } of hostile) {
    expect(name).not.toMatch(/[\0-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069/\\]/);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  }
  expect(existsSync('/hostile') || existsSync(path.join(folder, '..', 'hostile'))).toBe(false);
}, 55_000);

function uptimeSeconds(line: StatusLine): number {
  return (line as StatusLine & { uptimeSeconds: number }).uptimeSeconds;
}

test('with --serve it answers little, only what it was asked, and only tokens it gave to that address', async () => {
  const silent = await newNode('127.40.0.9');
  const { run } = start('serve', '--serve', '--bootstrap', `127.40.0.9:${silent.contact.port}`);
  await listening(run);
  const [asker, other, mute, flooder] = [
    await newNode('127.40.0.1'),
    await newNode('127.40.0.2'),
    await newNode('127.40.0.3'),
    await newNode('127.40.0.4'),
  ] as const;
  const ask = async (from: HostileNode, method: string, args: Record<string, Bencodable> = {}) => {
    const before = from.answers.length;
    from.send(queryBytes(method, args, { ro: 1 }), LISTENS.at);
    for (let waited = 0; from.answers.length === before && waited < 3000; waited += 10) await pass(10);
    const bytes = from.answers[before]!;
    expect(bytes.length).toBeLessThanOrEqual(1400);
    const answer = readMessage(bytes);
    expect(((answer.r['nodes'] as Uint8Array | undefined) ?? []).length).toBeLessThanOrEqual(8 * 26);
    return answer;
  };
  const given = await ask(asker, 'get_peers', { info_hash: TARGET });
  const announce = (token: unknown) => ({ info_hash: TARGET, port: 6881, token: token as Uint8Array });
  const { token } = given.r;
  expect((await ask(other, 'announce_peer', announce(token))).e[0]).toBe(203);
  expect((await ask(asker, 'announce_peer', announce(random.bytes(8)))).e[0]).toBe(203);
  expect((await ask(asker, 'announce_peer', announce('')).then(({ e }) => e))[0]).toBe(203);
  expect((await ask(asker, 'announce_peer', { ...announce(token), port: 70_000 })).e[0]).toBe(203);
  expect((await ask(other, 'get_peers', { info_hash: TARGET })).r['values']).toBeUndefined();
  expect((await ask(asker, 'announce_peer', announce(token))).y).toBe('r');
  expect((await ask(other, 'get_peers', { info_hash: TARGET })).r['values']).toHaveLength(1);
  expect((await ask(other, 'sample_infohashes', { target: TARGET })).r['num']).toBe(1);

  // Answers and errors are never answered, nor is what cannot be read.
  mute.send(bencode.encode({ e: [203, 'no'], t: 'aa', y: 'e' }), LISTENS.at);
  mute.send(replyBytes(random.bytes(4), { id: mute.id }), LISTENS.at);
  mute.send(bencode.encode({ e: 5, t: 'aa', y: 'e' }), LISTENS.at);
  for (const bytes of corpus) mute.send(bytes, LISTENS.at);
  await pass(300);
  expect(mute.answers).toEqual([]);

  for (let count = 0; count < 1000; count++) {
    flooder.send(queryBytes('find_node', { target: TARGET }), LISTENS.at);
    if (count % 100 === 0) await pass(5);
  }
  await pass(500);
  expect(flooder.answers.length).toBeGreaterThan(0);
  expect(flooder.answers.length).toBeLessThanOrEqual(55);
  const crowd = [];
  for (let host = 1; host <= 40; host++) crowd.push(await newNode(`127.41.0.${host}`));
  for (let round = 0; round < 20; round++) {
    for (const node of crowd) node.send(queryBytes('get_peers', { info_hash: TARGET }), LISTENS.at);
    await pass(20);
  }
  await pass(500);
  const answeredBytes = crowd.reduce((sum, node) => sum + node.bytesIn, 0);
  expect(answeredBytes).toBeLessThan(24_000 + 3 * 8_000);
  const askers = [...crowd, flooder, mute, asker, other];
  for (const node of askers) expect(node.bytesIn, node.contact.host).toBeLessThanOrEqual(3 * node.bytesOut);
  expect(await run.end('SIGTERM')).toBe(0);
}, 40_000);

// `npm run headless` as a person runs it: a process, its output, its signals, its exit code, real sockets on 127.0.0.0/8.
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { toHex } from '../main/base/bytes.ts';
import type { Contact } from '../main/base/contact.ts';
import type { HeadlessStatus } from '../main/session/headless-status.ts';
import { queryBytes, readMessage, TARGET, type ReadMessage } from './dht/wire-fixtures.ts';

vi.setConfig({ testTimeout: 60_000 }); // starting takes half a second, or ten on a busy machine

const COMMAND = path.join(import.meta.dirname, '..', 'main', 'headless.ts');
const root = mkdtempSync(path.join(tmpdir(), 'lanternfish-headless-'));
const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
  rmSync(root, { recursive: true });
});

/** Nobody is there: port 9 of an address that only we use. */
const NOBODY = ['--bootstrap', '127.63.255.1:9'];
const LOCAL = ['--allow-local-addresses', ...NOBODY];
let folderCount = 0;
const newFolder = (): string => path.join(root, `run-${++folderCount}`);

class Run {
  readonly folder: string;
  stdout = '';
  stderr = '';
  /** When something came on stdout. */
  readonly printedAtMs: number[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<number | null>;

  constructor(args: readonly string[], folder: string | null = newFolder()) {
    this.folder = folder ?? '';
    const place = folder === null ? [] : ['--data-dir', folder];
    this.#child = spawn(process.execPath, [COMMAND, ...place, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.printedAtMs.push(performance.now());
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    ends.push(() => void this.#child.kill('SIGKILL'));
  }

  get exitCode(): Promise<number | null> {
    return this.#closed;
  }

  get lines(): string[] {
    return this.stdout.split('\n').filter(Boolean);
  }

  get statuses(): HeadlessStatus[] {
    return this.lines.map((line) => JSON.parse(line) as HeadlessStatus);
  }

  /** Resolves when the node has its socket. */
  async started(): Promise<{ readonly nodeIdHex: string; readonly port: number }> {
    const sentence = /Node ([0-9a-f]{40}) on UDP port (\d+)/;
    await until(() => sentence.test(this.stderr) || this.#child.exitCode !== null);
    const [, nodeIdHex, port] = sentence.exec(this.stderr) ?? [];
    if (nodeIdHex === undefined) throw new Error(`it did not start: ${this.stderr}${this.stdout}`);
    return { nodeIdHex, port: Number(port) };
  }

  closeOutput(): void {
    this.#child.stdout!.destroy();
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.#closed;
  }
}

/** A node of nobody's, on a real socket. */
class Stranger {
  readonly heard: ReadMessage[] = [];
  readonly #socket: Socket;

  static async at(host: string): Promise<Stranger> {
    const socket = createSocket('udp4').bind({ address: host, port: 0, exclusive: true });
    await once(socket, 'listening');
    ends.push(() => socket.close());
    return new Stranger(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => this.heard.push(readMessage(bytes)));
  }

  get contact(): Contact {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  get queries(): ReadMessage[] {
    return this.heard.filter(({ y }) => y === 'q');
  }

  send(bytes: Uint8Array, to: Contact): void {
    this.#socket.send(bytes, to.port, to.host);
  }

  /** The answer to a query with transaction id `t`, or null after `limitMs`. */
  async ask(
    method: string,
    args: Parameters<typeof queryBytes>[1],
    to: Contact,
    limitMs = 5_000,
  ): Promise<ReadMessage | null> {
    const t = `t${this.heard.length % 10}${method[0]}`;
    const find = (): ReadMessage | undefined =>
      this.heard.find((message) => message.y !== 'q' && Buffer.from(message.t).toString('latin1') === t);
    this.send(queryBytes(method, args, { t }), to);
    await until(
      () => find() !== undefined,
      limitMs,
      () => undefined,
    );
    return find() ?? null;
  }
}

async function until(isDone: () => boolean, limitMs = 15_000, onLate: () => void = tooLate): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > endMs) return onLate();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function tooLate(): never {
  throw new Error('waited in vain');
}

const text = ({ host, port }: Contact): string => `${host}:${port}`;

describe.concurrent('arguments', () => {
  test.each([
    ['--bootstrap', 'nowhere'],
    ['--port', '65536'],
    ['--port', '-1'],
    ['--bind', 'here'],
    ['--pace', 'warp'],
    ['--for', 'ever'],
    ['--surprise'],
    ['stray'],
  ])('%s %s is refused with one sentence, and nothing is made', async (...args) => {
    const run = new Run(args);
    expect(await run.exitCode).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/^[^\n]{10,}\n$/);
    expect(run.stderr).toContain(args[0]);
    expect(existsSync(run.folder)).toBe(false);
  });

  test('without a folder it says so', async () => {
    const run = new Run([], null);
    expect([await run.exitCode, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^--data-dir DIR is missing[^\n]*\n$/);
  });

  test('a folder that is a file is said', async () => {
    const file = newFolder();
    writeFileSync(file, 'not a folder');
    const run = new Run(['--for', '1'], file);
    expect([await run.exitCode, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^--data-dir cannot be used: EEXIST[^\n]*\n$/);
  });

  test('--help explains and ends well', async () => {
    const run = new Run(['--help'], null);
    expect([await run.exitCode, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('--allow-local-addresses');
  });
});

describe.concurrent('what it prints', () => {
  test('JSON: a line every 5 s with every field, and a last one at the end of --for', async () => {
    const run = new Run(['--bind', '127.63.1.1', ...LOCAL, '--json', '--for', '14']);
    expect(await run.exitCode).toBe(0);
    const { statuses } = run;
    const atWork = expect.stringMatching(/^(starting|joining)$/);
    expect(statuses.map(({ state }) => state)).toEqual([atWork, atWork, 'stopped']);
    const apartSeconds = (run.printedAtMs[1]! - run.printedAtMs[0]!) / 1000;
    expect(apartSeconds).toBeGreaterThanOrEqual(3);
    expect(apartSeconds).toBeLessThanOrEqual(8);
    for (const status of statuses) {
      for (const field of NUMBERS) expect(status[field], field).toBeTypeOf('number');
      expect(status.malformed).toEqual({});
      expect(status).toMatchObject({ localAddressesAllowed: true, isServing: false, pace: 'balanced', torrents: 0 });
    }
    // Beside them all that is counted (protocol.md 6.7), as soon as the engine has spoken, and to the last.
    const { counters } = statuses.at(-1)!;
    expect(Object.keys(counters!).sort()).toEqual(COUNTER_GROUPS);
    expect(counters!.dht.nodes).toHaveLength(1);
    const { announce_peer: announced, ...asked } = counters!.dht.queriesSentBy;
    expect(announced).toBe(0);
    expect(Object.values(asked).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(counters!.scrape[0]!.needles).toHaveLength(16);
    expect(counters!.scrape[0]!.pace).toMatchObject({ lastSignal: null, signals: 0, ceilingPerSecond: 20 });
    expect(counters!.clientVersions).toEqual([]);
    expect(JSON.stringify(counters).length).toBeLessThan(8_000);
    expect(readdirSync(run.folder)).toEqual(expect.arrayContaining(['catalogue.db', 'dht-state.benc']));
  });

  test('text: relaxed rules are in every line, and only then', async () => {
    const relaxed = new Run(['--bind', '127.63.1.2', ...LOCAL, '--for', '9']);
    const strict = new Run(['--bind', '127.63.1.3', ...NOBODY, '--for', '9']);
    expect(await Promise.all([relaxed.exitCode, strict.exitCode])).toEqual([0, 0]);
    expect(relaxed.lines.length).toBeGreaterThanOrEqual(2);
    for (const line of relaxed.lines) expect(line).toContain('local addresses allowed');
    expect(strict.lines.length).toBeGreaterThanOrEqual(2);
    for (const line of strict.lines) expect(line).not.toContain('local addresses');
    expect(strict.lines.at(-1)).toMatch(/^stopped · 0 nodes v4 · IPv6: off · packets 0 out, 0 in · .*0 torrents$/);
  });
});

const NUMBERS = [
  ...([
    'nodes',
    'packetsOut',
    'packetsIn',
    'samplesAsked',
    'samplesAnswered',
    'infohashesSeen',
    'infohashesNew',
  ] as const),
  ...(['metadataTried', 'metadataFetched', 'torrents', 'port', 'uptimeSeconds'] as const),
];

const COUNTER_GROUPS = [
  'atUptimeMs',
  ...['budget', 'clientVersions', 'dht', 'infohashes', 'metadata', 'peersFound', 'scrape', 'store'],
];

// One at a time: a start on a busy machine takes seconds.
describe('its end', () => {
  test('a reader that goes away (`| head`) ends it well', async () => {
    const run = new Run(['--bind', '127.63.1.6', ...LOCAL]);
    await run.started();
    run.closeOutput();
    expect(await run.exitCode).toBe(0);
    expect(run.stderr).not.toMatch(/EPIPE|\n\s+at /);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it well and quickly, with a last line', async (signal) => {
    const run = new Run(['--bind', '127.63.2.1', ...LOCAL, '--json']);
    await run.started();
    const beganAtMs = performance.now();
    expect(await run.end(signal)).toBe(0);
    expect(performance.now() - beganAtMs).toBeLessThan(5_000);
    expect(run.statuses.at(-1)).toMatchObject({ state: 'stopped', problem: null });
    expect(run.stderr).not.toMatch(/ error |\n\s+at /);
  });

  test('a taken port ends it with a sentence', async () => {
    const holder = await Stranger.at('127.63.2.2');
    const { port } = holder.contact;
    const run = new Run(['--bind', '127.63.2.2', '--port', String(port), ...LOCAL, '--json']);
    expect(await run.exitCode).toBe(1);
    const sentence = new RegExp(`UDP 127\\.63\\.2\\.2:${port} cannot be used: .*EADDRINUSE`);
    expect(run.stderr).toMatch(sentence);
    expect(run.statuses.at(-1)).toMatchObject({ state: 'failed', problem: expect.stringMatching(sentence) });
  });

  test('an address that is not ours ends it with a sentence', async () => {
    const run = new Run(['--bind', '192.0.2.77', ...NOBODY]);
    expect(await run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/UDP 192\.0\.2\.77 cannot be used: .*EADDRNOTAVAIL/);
  });

  test('the next run in the same folder has the same node id and port', async () => {
    const first = new Run(['--bind', '127.63.2.3', ...LOCAL]);
    const before = await first.started();
    expect(await first.end()).toBe(0);
    const second = new Run(['--bind', '127.63.2.3', ...LOCAL], first.folder);
    expect(await second.started()).toEqual(before);
    expect(await second.end()).toBe(0);
  });
});

describe.concurrent('manners', () => {
  test('what is not KRPC is counted by reason', async () => {
    const run = new Run(['--bind', '127.63.1.4', ...LOCAL, '--json']);
    const { port } = await run.started();
    const stranger = await Stranger.at('127.63.1.5');
    for (const bytes of ['', 'hello', 'd1:y', 'i1e', '\u0000'.repeat(1_400)]) {
      stranger.send(Buffer.from(bytes), { host: '127.63.1.4', port });
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await run.end();
    const { malformed, packetsIn } = run.statuses.at(-1)!;
    expect(packetsIn).toBe(5);
    expect(Object.values(malformed).reduce((sum, count) => sum + count, 0)).toBe(5);
  });

  test('without --allow-local-addresses loopback and private addresses get nothing', async () => {
    const router = await Stranger.at('127.63.3.1');
    const run = new Run(['--bind', '127.63.3.2', '--bootstrap', text(router.contact), '--serve', '--json']);
    const { port } = await run.started();
    // Nor is one answered that asks.
    expect(await router.ask('ping', {}, { host: '127.63.3.2', port }, 4_000)).toBeNull();
    expect(await run.end()).toBe(0);
    expect(router.heard).toEqual([]);
    const { localAddressesAllowed, packetsOut, packetsIn } = run.statuses.at(-1)!;
    expect({ localAddressesAllowed, packetsOut, packetsIn }).toEqual({
      localAddressesAllowed: false,
      packetsOut: 0,
      packetsIn: 1,
    });
  });

  test('without --serve it answers nobody, and every query of its own says so (BEP 43)', async () => {
    const router = await Stranger.at('127.63.3.3');
    const args = ['--bind', '127.63.3.4', '--bootstrap', text(router.contact), '--allow-local-addresses', '--json'];
    const run = new Run(args);
    const { port } = await run.started();
    await until(() => router.queries.length > 0);
    const self = { host: '127.63.3.4', port };
    for (const method of ['ping', 'find_node', 'get_peers', 'sample_infohashes']) {
      router.send(queryBytes(method, { target: TARGET, info_hash: TARGET }), self);
    }
    expect(await router.ask('ping', {}, self, 2_000)).toBeNull();
    expect(await run.end()).toBe(0);
    expect(router.heard.filter(({ y }) => y !== 'q')).toEqual([]);
    expect(router.queries.map(({ ro }) => ro)).toEqual(router.queries.map(() => 1));
    expect(run.statuses.at(-1)).toMatchObject({ isServing: false, packetsIn: 5 });
  });

  test('with --serve it answers as BEP 5 and BEP 51 say, and its queries have no ro', async () => {
    const router = await Stranger.at('127.63.3.5');
    const args = [
      '--bind',
      '127.63.3.6',
      '--bootstrap',
      text(router.contact),
      '--allow-local-addresses',
      '--serve',
      '--json',
    ];
    const run = new Run(args);
    const { nodeIdHex, port } = await run.started();
    await until(() => router.queries.length > 0);
    const self = { host: '127.63.3.6', port };
    const asker = await Stranger.at('127.63.3.7');
    const answers = {
      ping: await asker.ask('ping', {}, self),
      find_node: await asker.ask('find_node', { target: TARGET }, self),
      get_peers: await asker.ask('get_peers', { info_hash: TARGET }, self),
      sample_infohashes: await asker.ask('sample_infohashes', { target: TARGET }, self),
    };
    for (const [method, answer] of Object.entries(answers)) {
      expect(answer?.y, method).toBe('r');
      expect(toHex(answer!.r['id'] as Uint8Array), method).toBe(nodeIdHex);
      const { host, port: askerPort } = asker.contact;
      const seenAs = Buffer.from([...host.split('.').map(Number), askerPort >> 8, askerPort & 255]);
      expect(toHex(answer!.ip!), method).toBe(seenAs.toString('hex'));
    }
    const { find_node, get_peers, sample_infohashes } = answers;
    expect((find_node!.r['nodes'] as Uint8Array).length % 26).toBe(0);
    expect((get_peers!.r['nodes'] as Uint8Array).length % 26).toBe(0);
    expect((get_peers!.r['token'] as Uint8Array).length).toBeGreaterThan(3);
    expect((sample_infohashes!.r['samples'] as Uint8Array).length).toBe(0);
    expect(sample_infohashes!.r['num']).toBe(0);
    expect(sample_infohashes!.r['interval']).toBeGreaterThanOrEqual(0);
    expect(sample_infohashes!.r['interval']).toBeLessThanOrEqual(21_600);
    // What was announced is handed on: by get_peers, and as a sample.
    const token = get_peers!.r['token'] as Uint8Array;
    const announced = await asker.ask('announce_peer', { info_hash: TARGET, port: 7_007, token }, self);
    expect(announced?.y).toBe('r');
    const later = await (await Stranger.at('127.63.3.8')).ask('get_peers', { info_hash: TARGET }, self);
    const [peer] = later!.r['values'] as Uint8Array[];
    expect(toHex(peer!)).toBe(Buffer.from([127, 63, 3, 7, 7_007 >> 8, 7_007 & 255]).toString('hex'));
    expect(await run.end()).toBe(0);
    expect(router.queries.map(({ ro }) => ro)).toEqual(router.queries.map(() => undefined));
    expect(run.statuses.at(-1)!.isServing).toBe(true);
  });
});

// The whole engine but its thread: production rooms on a simulated network, a real folder, a store that the test plays.
// A failure prints SEED=...; `SEED=... npx vitest run test/engine/discovery.test.ts` replays it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fromHex, toHex } from '../../main/base/bytes.ts';
import { silentLog } from '../../main/base/log.ts';
import { isSecureNodeId } from '../../main/dht/node-id.ts';
import { parseState } from '../../main/dht/routing-table-file.ts';
import { chooseOpener } from '../../main/dht/udp/transport.ts';
import type { OpenDatagramSocket } from '../../main/dht/udp-socket.ts';
import { WAITING_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { BINDING_PATH } from '../dht/udp-transports.ts';
import { simulationSeed } from '../simulation/simulated-nodes.ts';
import { breathe, DiscoveryRig, type Crawler } from './discovery-rig.ts';

const TORRENTS = 40;
const NODES = 250;
const MINUTE = 60_000;
const seed = simulationSeed(20_260_741);

let rig: DiscoveryRig;
beforeEach(async () => {
  rig = new DiscoveryRig(seed, TORRENTS);
  await rig.grow(NODES);
});
afterEach(() => rig.end());

async function started(crawler: Crawler): Promise<Crawler> {
  crawler.joinStore();
  await crawler.discovery.start();
  return crawler;
}

describe(`from sample to store (SEED=${seed})`, () => {
  test('starting, joining, running: every torrent of the swarm is stored once, as it is; then stopped', async () => {
    const crawler = rig.crawler();
    const { discovery, store } = crawler;
    expect(crawler.status).toMatchObject({ state: 'starting', problem: null, nodes: 0, port: 0 });
    await started(crawler);
    expect(crawler.status).toMatchObject({ state: 'joining', problem: null });
    await rig.advanceUntil(() => crawler.status.state === 'running', 10_000);
    await rig.advanceUntil(() => store.torrents.length >= TORRENTS, 5 * MINUTE);
    await rig.advance(MINUTE);
    expect(store.names.toSorted()).toEqual(rig.torrents.map(({ name }) => name).toSorted());
    for (const torrent of rig.torrents) {
      const { infohashV1, infohashV2, sizeBytes, files } = torrent;
      expect(store.torrents.find(({ name }) => name === torrent.name)).toMatchObject({
        infohashV1,
        infohashV2,
        sizeBytes,
        fileCount: files.length,
        isPrivate: false,
      });
    }
    const announcedCount = new Set(rig.torrents.flatMap(({ infohashes }) => infohashes.map(toHex))).size;
    const { status } = crawler;
    // Of a hybrid torrent's two infohashes the second is no news if the first was fetched before it was sampled.
    expect(status.infohashesNew).toBeGreaterThanOrEqual(TORRENTS);
    expect(status.infohashesNew).toBeLessThanOrEqual(announcedCount);
    expect(status.infohashesSeen).toBeGreaterThanOrEqual(announcedCount);
    expect(status).toMatchObject({ state: 'running', metadataFetched: TORRENTS, malformed: {}, pace: 'fast' });
    expect(status.samplesAnswered).toBeGreaterThan(100);
    expect(status.samplesAsked).toBeGreaterThanOrEqual(status.samplesAnswered);
    expect(status.packetsOut).toBe(crawler.sentCount);
    await discovery.stop();
    expect(crawler.status.state).toBe('stopped');
    expect([crawler.openSockets, crawler.life.timerCount, rig.seeders.openCount]).toEqual([0, 0, 0]);
  });
});

describe(`pause (SEED=${seed})`, () => {
  const silence = async (crawler: Crawler, durationMs: number): Promise<void> => {
    const before = { sent: crawler.sentCount, dialled: rig.seeders.dialled.length };
    await rig.advance(durationMs, 1_000);
    expect({ sent: crawler.sentCount, dialled: rig.seeders.dialled.length }).toEqual(before);
    expect(rig.seeders.openCount).toBe(0);
  };

  test('in the middle of the work ends every datagram and connection at once, and resume goes on', async () => {
    const crawler = await started(rig.crawler());
    await rig.advanceUntil(() => rig.seeders.openCount > 0, MINUTE);
    crawler.discovery.pause();
    expect(crawler.status.state).toBe('paused');
    expect(rig.seeders.openCount).toBe(0);
    await silence(crawler, 10 * MINUTE);
    expect(crawler.status).toMatchObject({ state: 'paused', problem: null });
    const sentCount = crawler.sentCount;
    crawler.discovery.resume();
    await rig.advance(1_000);
    expect(crawler.sentCount).toBeGreaterThan(sentCount);
    await rig.advanceUntil(() => crawler.store.torrents.length === TORRENTS, 5 * MINUTE);
    expect(crawler.status.state).toBe('running');
  });

  test('from the start: nothing leaves until resume', async () => {
    const crawler = await started(rig.crawler({ startPaused: true }));
    expect(crawler.status.state).toBe('paused');
    await silence(crawler, 5 * MINUTE);
    expect(crawler.status.packetsOut).toBe(0);
    crawler.discovery.resume();
    await rig.advanceUntil(() => crawler.store.torrents.length > 5, MINUTE);
  });

  test('while start() waits for the socket: nothing leaves until resume', async () => {
    const gate = new Gate(rig.swarm.network.openSocket);
    const crawler = rig.crawler({ openSocket: gate.openSocket });
    const starting = started(crawler);
    await gate.reached;
    crawler.discovery.pause();
    gate.open();
    await starting;
    expect(crawler.status.state).toBe('paused');
    await silence(crawler, MINUTE);
    expect(crawler.status.packetsOut).toBe(0);
    crawler.discovery.resume();
    await rig.advanceUntil(() => crawler.status.state === 'running', 10_000);
  });

  test('and resume, both while start() waits: it runs', async () => {
    const gate = new Gate(rig.swarm.network.openSocket);
    const crawler = rig.crawler({ openSocket: gate.openSocket, startPaused: true });
    const starting = started(crawler);
    await gate.reached;
    crawler.discovery.resume();
    gate.open();
    await starting;
    await rig.advanceUntil(() => crawler.status.state === 'running', 10_000);
  });

  test('a change of network forgets what was under way and goes on; paused it stays paused', async () => {
    const crawler = await started(rig.crawler());
    await rig.advanceUntil(() => rig.seeders.openCount > 0, MINUTE);
    crawler.discovery.networkChanged();
    expect(rig.seeders.openCount).toBe(0);
    await rig.advanceUntil(() => crawler.store.torrents.length === TORRENTS, 5 * MINUTE);
    crawler.discovery.pause();
    crawler.discovery.networkChanged();
    await silence(crawler, MINUTE);
  });
});

describe(`what is kept (SEED=${seed})`, () => {
  const stateFile = (): string => path.join(rig.folder, 'dht-state.benc');
  const readSaved = (): SavedFile => {
    const state = parseState(readFileSync(stateFile()))!;
    const { table, scrape, port } = state.sections as unknown as SavedSections;
    return {
      savedAtUnixSeconds: state.savedAtUnixSeconds,
      nodeIdHex: toHex(table.selfId),
      tableBytes: table.nodes.length,
      needles: scrape.needles.map(({ needle, nodes }) => `${toHex(needle)} ${nodes.length}`).sort(),
      port,
    };
  };
  const fileIsThere = async (): Promise<void> => {
    for (let turn = 0; turn < 2_000 && !existsSync(stateFile()); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(existsSync(stateFile())).toBe(true);
  };

  test('every ten minutes: a killed crawler goes on from there and samples nobody again that day', async () => {
    const killed = await started(rig.crawler());
    await rig.advance(9 * MINUTE + 59_000, 200);
    expect(existsSync(stateFile())).toBe(false);
    await rig.advance(2_000);
    await fileIsThere();
    const atSave = { nodes: killed.status.nodes, file: readSaved() };
    expect(new Set(killed.sampled).size).toBeGreaterThan(NODES / 2);
    expect(atSave.file.needles.length).toBeGreaterThan(10);
    await rig.advance(5 * MINUTE, 200);
    await killed.kill();
    expect(readSaved()).toEqual(atSave.file);

    const again = await started(rig.crawler());
    expect(again.status.nodeIdHex).toBe(atSave.file.nodeIdHex);
    expect(again.status.port).toBe(atSave.file.port);
    expect(again.status.nodes).toBeGreaterThanOrEqual(atSave.nodes * 0.9);
    rig.keepCrowdAcquainted();
    // Somebody without that file would ask everybody now.
    const stranger = await started(rig.crawler({ bindHost: '99.7.7.7', dataDir: path.join(rig.folder, 'none') }));
    await rig.advance(MINUTE);
    expect(stranger.sampled.filter((host) => killed.sampled.includes(host)).length).toBeGreaterThan(NODES / 2);
    await stranger.discovery.stop();
    for (let hour = 1; hour < 23; hour++) {
      rig.swarm.clock.sleep(58 * MINUTE);
      rig.keepCrowdAcquainted();
      await rig.advance(15_000, 500);
    }
    expect(again.status.state).toBe('running');
    expect(again.sampled.filter((host) => killed.sampled.includes(host))).toEqual([]);
    rig.swarm.clock.sleep(3 * 60 * MINUTE);
    rig.keepCrowdAcquainted();
    await rig.advance(2 * MINUTE, 500);
    expect(again.sampled.filter((host) => killed.sampled.includes(host)).length).toBeGreaterThan(NODES / 10);
    await again.discovery.stop();
    expect(readSaved().savedAtUnixSeconds).toBe(rig.swarm.clock.nowUnixSeconds());
    expect(readSaved().nodeIdHex).toBe(atSave.file.nodeIdHex);
  });

  test('a stop saves the tables as they are, and a start puts them back as they were', async () => {
    const first = await started(rig.crawler());
    await rig.advance(MINUTE);
    await first.discovery.stop();
    const saved = readSaved();
    expect(saved.savedAtUnixSeconds).toBe(rig.swarm.clock.nowUnixSeconds());
    const second = await started(rig.crawler());
    expect(second.status.nodes).toBe(first.status.nodes);
    expect(second.status.nodeIdHex).toBe(first.status.nodeIdHex);
    await second.discovery.stop();
    expect(readSaved()).toEqual(saved);
  });

  test('at another address it takes another id (BEP 42) and inserts every node again', async () => {
    const first = await started(rig.crawler());
    await rig.advance(4 * MINUTE, 200);
    expect(isSecureNodeId(fromHex(first.status.nodeIdHex)!, '99.1.2.3')).toBe(true);
    await first.discovery.stop();
    const moved = await started(rig.crawler({ bindHost: '88.7.6.5' }));
    expect(moved.status.nodeIdHex).toBe(first.status.nodeIdHex);
    expect(moved.status.nodes).toBe(first.status.nodes);
    await rig.advance(4 * MINUTE, 200);
    expect(isSecureNodeId(fromHex(moved.status.nodeIdHex)!, '88.7.6.5')).toBe(true);
    expect(moved.status.nodes).toBeGreaterThan(first.status.nodes * 0.8);
    await moved.discovery.stop();
    expect(readSaved().nodeIdHex).toBe(moved.status.nodeIdHex);
  });

  test('a damaged file is put aside and said, and the crawl starts cold', async () => {
    const first = await started(rig.crawler());
    await rig.advance(20_000);
    await first.discovery.stop();
    const bytes = readFileSync(stateFile());
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(stateFile(), bytes);
    const second = await started(rig.crawler());
    expect(second.warnings).toEqual([expect.stringMatching(/saved state is damaged; it is kept as .*\.damaged/)]);
    expect(readFileSync(`${stateFile()}.damaged`)).toEqual(bytes);
    expect(second.status).toMatchObject({ state: 'joining', nodes: 0 });
    await rig.advanceUntil(() => second.status.state === 'running', 10_000);
  });

  test('a folder that is gone is said, and the crawl goes on', async () => {
    const crawler = await started(rig.crawler({ dataDir: path.join(rig.folder, 'gone') }));
    await rig.advance(10 * MINUTE + 1_000, 200);
    await crawler.discovery.stop();
    expect(crawler.warnings.at(-1)).toMatch(/^The tables could not be saved: ENOENT/);
    expect(crawler.store.torrents).toHaveLength(TORRENTS);
  });
});

describe('sockets', () => {
  const openSocket = chooseOpener(BINDING_PATH, silentLog);
  const loopback = { bindHost: '127.61.0.1', bootstrap: [], localAddressesAllowed: true, openSocket };
  const hold = async (port: number): Promise<{ port: number; release: () => void }> => {
    const holder = createSocket('udp4').bind({ address: loopback.bindHost, port, exclusive: true });
    await once(holder, 'listening');
    return { port: holder.address().port, release: () => void holder.close() };
  };

  test('a taken port is the state failed, with a sentence', async () => {
    const held = await hold(0);
    const crawler = await started(rig.crawler({ ...loopback, port: held.port }));
    const problem = new RegExp(
      `^UDP 127\\.61\\.0\\.1:${held.port} cannot be used: another program uses it \\(EADDRINUSE\\)\\. Nothing is lost\\.`,
    );
    expect(crawler.status).toMatchObject({ state: 'failed', problem: expect.stringMatching(problem) });
    crawler.discovery.pause();
    crawler.discovery.resume();
    expect(crawler.status.state).toBe('failed');
    await crawler.discovery.stop();
    held.release();
    expect([crawler.openSockets, crawler.life.timerCount]).toEqual([0, 0]);
    expect(existsSync(path.join(rig.folder, 'dht-state.benc'))).toBe(false);
  });

  test('the port of the last run is taken again; if somebody has it, any other will do', async () => {
    const first = await started(rig.crawler(loopback));
    const { port } = first.status;
    await first.discovery.stop();
    const second = await started(rig.crawler(loopback));
    expect(second.status.port).toBe(port);
    await second.discovery.stop();
    const held = await hold(port);
    const third = await started(rig.crawler(loopback));
    expect(third.status.port).toBeGreaterThan(0);
    expect(third.status.port).not.toBe(port);
    expect(third.status.state).toBe('joining');
    held.release();
  });

  test('a stop at any moment of the start leaves no socket and no timer', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const crawler = rig.crawler({ bindHost: `99.2.${turns}.1` });
      const starting = started(crawler);
      for (let turn = 0; turn < turns; turn++) await (turns < 20 ? Promise.resolve() : breathe());
      await Promise.all([crawler.discovery.stop(), starting]);
      const left = [crawler.openSockets, crawler.life.timerCount, crawler.status.state];
      expect(left, `stopped after ${turns} turns`).toEqual([0, 0, 'stopped']);
    }
  });

  test('a stop while the socket is being opened closes it when it is there', async () => {
    const gate = new Gate(rig.swarm.network.openSocket);
    const crawler = rig.crawler({ openSocket: gate.openSocket });
    const starting = started(crawler);
    await gate.reached;
    const stopping = crawler.discovery.stop();
    gate.open();
    await Promise.all([starting, stopping]);
    expect([crawler.openSockets, crawler.life.timerCount]).toEqual([0, 0]);
    expect(crawler.status).toMatchObject({ state: 'stopped', packetsOut: 0 });
  });
});

describe(`trouble (SEED=${seed})`, () => {
  test('no reply for 30 s is said with a way out, and taken back when somebody answers', async () => {
    rig.swarm.network.setDown(true);
    const crawler = await started(rig.crawler());
    await rig.advance(29_000);
    expect(crawler.status).toMatchObject({ state: 'joining', problem: null });
    await rig.advance(2_000);
    expect(crawler.status.state).toBe('no-reply');
    expect(crawler.status.problem).toMatch(/^No reply from the network for 3\d s\. .*npm run demo/);
    rig.swarm.network.setDown(false);
    await rig.advanceUntil(() => crawler.status.state === 'running', 15 * MINUTE); // routers are asked every ten minutes
    expect(crawler.status.problem).toBeNull();
    await rig.advanceUntil(() => crawler.store.torrents.length > TORRENTS / 2, 5 * MINUTE);
    rig.swarm.network.setDown(true);
    await rig.advanceUntil(() => crawler.status.state === 'no-reply', 10 * MINUTE);
  });

  test('the store falls and comes back: what was fetched meanwhile is kept and stored', async () => {
    const crawler = await started(rig.crawler());
    await rig.advanceUntil(() => crawler.store.torrents.length >= 5, MINUTE);
    crawler.discovery.disconnectStore(crawler.store.fall());
    const storedCount = crawler.store.torrents.length;
    await rig.advance(2 * MINUTE);
    expect(crawler.store.torrents).toHaveLength(storedCount);
    crawler.joinStore();
    await rig.advanceUntil(() => crawler.store.torrents.length >= TORRENTS, 5 * MINUTE);
    expect(crawler.store.names.toSorted()).toEqual(rig.torrents.map(({ name }) => name).toSorted());
    expect(crawler.status.overflows).not.toHaveProperty('torrents-without-store');
  });

  test('the end of an earlier store does not take the new one away', async () => {
    const crawler = await started(rig.crawler());
    const earlier = crawler.store.fall();
    crawler.joinStore();
    crawler.discovery.disconnectStore(earlier);
    await rig.advanceUntil(() => crawler.store.torrents.length === TORRENTS, 5 * MINUTE);
  });

  test('with no room in the store nothing is sampled and nothing fetched, until there is room again', async () => {
    const crawler = rig.crawler();
    crawler.store.waitingCount = WAITING_TORRENTS_MAX;
    await started(crawler);
    await rig.advance(MINUTE);
    expect(crawler.status).toMatchObject({ state: 'running', samplesAsked: 0, metadataTried: 0 });
    crawler.store.sayWaiting(0);
    await rig.advanceUntil(() => crawler.store.torrents.length >= 5, MINUTE);
    crawler.store.sayWaiting(WAITING_TORRENTS_MAX);
    await breathe();
    expect(rig.seeders.openCount).toBe(0);
    const before = [crawler.store.torrents.length, rig.seeders.dialled.length];
    expect(before[0]).toBeLessThan(TORRENTS);
    await rig.advance(5 * MINUTE, 500);
    expect([crawler.store.torrents.length, rig.seeders.dialled.length]).toEqual(before);
    // Pausing and continuing does not open what the store has closed.
    crawler.discovery.pause();
    crawler.discovery.resume();
    await rig.advance(5_000);
    expect(rig.seeders.dialled.length).toBe(before[1]);
    crawler.store.sayWaiting(0);
    await rig.advanceUntil(() => crawler.store.torrents.length === TORRENTS, 5 * MINUTE);
  });

  test('before a store is joined nobody knows what is stored or blocked, and nothing is fetched', async () => {
    const crawler = rig.crawler();
    await crawler.discovery.start();
    await rig.advance(2 * MINUTE);
    expect(crawler.status.samplesAnswered).toBeGreaterThan(0);
    expect(crawler.status).toMatchObject({ infohashesNew: 0, metadataTried: 0 });
    crawler.joinStore();
    await rig.advanceUntil(() => crawler.store.torrents.length === TORRENTS, 5 * MINUTE);
  });

  test('what is blocked is not fetched: neither what comes later nor what is under way', async () => {
    const crawler = await started(rig.crawler());
    const blocked = rig.torrents.slice(0, TORRENTS / 2);
    crawler.store.sayBlocked(blocked.slice(1).flatMap(({ infohashes }) => infohashes));
    await rig.advanceUntil(
      () =>
        rig.seeders.dialled.some(({ contact }) => contact.host === rig.hostOf(0)) || crawler.store.torrents.length > 0,
      MINUTE,
    );
    crawler.store.sayBlocked(blocked[0]!.infohashes);
    await rig.advance(3 * MINUTE);
    const allowed = rig.torrents.slice(TORRENTS / 2).map(({ name }) => name);
    expect(crawler.store.names.filter((name) => name !== blocked[0]!.name).toSorted()).toEqual(allowed.toSorted());
    expect(crawler.discovery.engineCounters().metadata.queued).toBe(0);
  });

  test('how often nodes sample what is stored is told once a minute, and at the end', async () => {
    const crawler = await started(rig.crawler());
    await rig.advanceUntil(() => crawler.store.torrents.length === TORRENTS, 5 * MINUTE);
    await rig.advance(3 * MINUTE);
    await crawler.discovery.stop();
    const told = crawler.store.retries.flatMap((message) => (message.type === 'sightings' ? [message] : []));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(15);
    const ours = new Set(rig.torrents.flatMap(({ infohashes }) => infohashes.map(toHex)));
    for (const { infohashes, times } of told) {
      expect(infohashes.length).toBe(20 * times.length);
      times.forEach((count, index) => {
        expect(count).toBeGreaterThan(0);
        expect(ours).toContain(toHex(infohashes.subarray(20 * index, 20 * index + 20)));
      });
    }
  });

  test('what the catalogue already has is not fetched again', async () => {
    const crawler = rig.crawler();
    const known = rig.torrents.slice(0, TORRENTS / 2);
    for (const { infohashes } of known) for (const infohash of infohashes) crawler.store.known.add(toHex(infohash));
    await started(crawler);
    await rig.advance(2 * MINUTE);
    expect(crawler.store.names.toSorted()).toEqual(
      rig.torrents
        .slice(TORRENTS / 2)
        .map(({ name }) => name)
        .toSorted(),
    );
  });
});

interface SavedSections {
  readonly table: { readonly selfId: Uint8Array; readonly nodes: Uint8Array };
  readonly scrape: { readonly needles: readonly { readonly needle: Uint8Array; readonly nodes: Uint8Array }[] };
  readonly port: number;
}

interface SavedFile {
  readonly savedAtUnixSeconds: number;
  readonly nodeIdHex: string;
  readonly tableBytes: number;
  readonly needles: readonly string[];
  readonly port: number;
}

/** Holds the opening of a socket back until the test lets it go on. */
class Gate {
  readonly openSocket: OpenDatagramSocket;
  readonly reached: Promise<void>;
  open: () => void = () => undefined;

  constructor(openSocket: OpenDatagramSocket) {
    const opened = new Promise<void>((resolve) => (this.open = resolve));
    let reach = (): void => undefined;
    this.reached = new Promise<void>((resolve) => (reach = resolve));
    this.openSocket = async (options) => {
      reach();
      await opened;
      return openSocket(options);
    };
  }
}

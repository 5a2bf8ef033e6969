// The retry ladder and health as wholes: the production engine on a simulated network, the production writer on a real file,
// and days of simulated time. A failure prints SEED=...
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { silentLog } from '../../main/base/log.ts';
import { memoryPorts } from '../../main/base/port.ts';
import { HealthReader } from '../../main/catalogue/health-table.ts';
import { openDatabase } from '../../main/catalogue/open-database.ts';
import type { HealthReport, RetryEntry, TorrentHealth } from '../../main/catalogue/torrent.ts';
import { CHECK_INFOHASHES_MAX } from '../../main/engine/engine-contract.ts';
import { START_EVERY_MS } from '../../main/health/health-checker.ts';
import { RETRY_AFTER_SECONDS } from '../../main/metadata/retry-ladder.ts';
import { headlessStatus } from '../../main/session/headless-status.ts';
import type { EngineToWriter, WriterToEngine } from '../../main/store/store-contract.ts';
import { WAITING_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { StoreWriter } from '../../main/store/store-writer.ts';
import { simulationSeed } from '../simulation/simulated-nodes.ts';
import { DiscoveryRig, type Crawler } from './discovery-rig.ts';

vi.setConfig({ testTimeout: 180_000 }); // days of simulated time on a busy machine

const TORRENTS = 12;
const NODES = 120;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AWAKE_MS = 15 * MINUTE;
const seed = simulationSeed(20_260_781);

let rig: DiscoveryRig;
let writer: StoreWriter | null = null;
beforeEach(async () => {
  rig = new DiscoveryRig(seed, TORRENTS);
  await rig.grow(NODES);
});
afterEach(async () => {
  await rig.end();
  writer?.stop();
  writer = null;
});

const databasePath = (): string => path.join(rig.folder, 'catalogue.db');

/** A crawler whose store is the production writer. */
async function startWithStore(options: Parameters<DiscoveryRig['crawler']>[0] = {}): Promise<Crawler> {
  const crawler = rig.crawler(options);
  writer = new StoreWriter({
    options: { databasePath: databasePath(), nativeBinding: null },
    clock: rig.swarm.clock,
    log: silentLog,
    post: () => undefined,
  });
  writer.start();
  const [engineEnd, writerEnd] = memoryPorts<WriterToEngine, EngineToWriter>();
  writer.connectEngine(writerEnd);
  crawler.discovery.connectStore(engineEnd);
  await crawler.discovery.start();
  return crawler;
}

interface Kept {
  readonly names: readonly string[];
  /** The ladder, by infohash in hex. */
  readonly ladder: ReadonlyMap<
    string,
    Pick<RetryEntry, 'failureCount' | 'dueAtUnixSeconds'> & { readonly purpose: number }
  >;
  healthOf(name: string): TorrentHealth | null;
}

/** What lies in the file, through a connection of our own. */
function readStore(): Kept {
  const database = openDatabase({ path: databasePath(), role: 'reader', nativeBinding: null });
  try {
    const torrents = database.prepare('SELECT id, name FROM torrents').all() as { id: number; name: string }[];
    const rows = database
      .prepare('SELECT infohash, purpose, failure_count AS failureCount, due_at AS dueAtUnixSeconds FROM retry_ladder')
      .all() as { infohash: Uint8Array; purpose: number; failureCount: number; dueAtUnixSeconds: number }[];
    const reader = new HealthReader(database);
    const health = new Map(torrents.map(({ id, name }) => [name, reader.get(id)]));
    return {
      names: torrents.map(({ name }) => name).sort(),
      ladder: new Map(rows.map(({ infohash, ...rest }) => [toHex(infohash), rest])),
      healthOf: (name) => health.get(name) ?? null,
    };
  } finally {
    database.close();
  }
}

/** Lets `hours` pass: in a sleep, as the crowd and its seeders lived through them, and the last quarter of an hour awake. */
async function passHours(hours: number, without: readonly number[] = []): Promise<void> {
  rig.swarm.clock.sleep(hours * HOUR - AWAKE_MS);
  rig.keepCrowdAcquainted();
  for (const { node } of rig.swarm.nodes.members) node.peerStore.expire();
  rig.announce(without);
  await rig.advance(AWAKE_MS, 1000);
}

const infohashOf = (index: number): string => toHex(rig.torrents[index]!.infohashes[0]!);
const indexOfV1 = (): number => rig.torrents.findIndex(({ version }) => version === 'v1');

describe(`the retry ladder (SEED=${seed})`, () => {
  test('what nobody sends goes down it in the store, comes back when due, and is fetched by the stage `retry`', async () => {
    const index = indexOfV1();
    const missing = rig.torrents[index]!;
    rig.seeders.silentHosts.add(rig.hostOf(index));
    const crawler = await startWithStore();
    await rig.advance(6 * MINUTE, 500);
    let kept = readStore();
    expect(kept.names).toEqual(
      rig.torrents
        .filter((torrent) => torrent !== missing)
        .map(({ name }) => name)
        .sort(),
    );
    expect(kept.ladder.get(infohashOf(index))).toMatchObject({ purpose: 0, failureCount: 1 });
    const dials = (): number => rig.seeders.dialled.filter(({ contact }) => contact.host === rig.hostOf(index)).length;
    const dialsBefore = dials();

    // Not before an hour is over.
    await passHours(0.6);
    expect([dials(), readStore().ladder.get(infohashOf(index))?.failureCount]).toEqual([dialsBefore, 1]);
    await passHours(0.5);
    kept = readStore();
    expect(dials()).toBeGreaterThan(dialsBefore);
    const second = kept.ladder.get(infohashOf(index))!;
    expect(second.failureCount).toBe(2);
    const restSeconds = second.dueAtUnixSeconds - rig.swarm.clock.nowUnixSeconds();
    expect(restSeconds).toBeGreaterThan(RETRY_AFTER_SECONDS[1]! - AWAKE_MS / 1000);
    expect(restSeconds).toBeLessThanOrEqual(RETRY_AFTER_SECONDS[1]!);

    // The peer is back when the second rung is due.
    rig.seeders.silentHosts.clear();
    await passHours(8.1);
    kept = readStore();
    expect(kept.names).toContain(missing.name);
    expect(kept.ladder.has(infohashOf(index))).toBe(false);
    const counters = crawler.discovery.engineCounters();
    expect(counters.metadata.byStage).toEqual({ 'sampling-node': TORRENTS - 1, retry: 1 });

    // And all of it is in what the terminal prints.
    const session = {
      engine: crawler.status,
      counters,
      torrentCount: TORRENTS,
      databaseBytes: 0,
      problem: null,
      isProblemPassing: false,
      notice: null,
      store: null,
    };
    const line = headlessStatus(session, {} as never);
    const printed = (JSON.parse(JSON.stringify(line)) as typeof line).counters!;
    expect(printed.metadata.byTransport).toMatchObject({
      'tcp complete': TORRENTS,
      'tcp connect-timeout': expect.any(Number),
    });
    expect(printed.metadata.failuresBy).toEqual({ 'connect-timeout': expect.any(Number) });
    expect(printed.metadata.bytesPerStoredTorrent).toBe(Math.round(printed.metadata.peerBytesIn / TORRENTS));
    expect(printed.metadata.dialled).toBe(crawler.discovery.counters.peersDialled);
    expect(printed.store.saved).toBe(TORRENTS);
    const before = crawler.discovery.counters.peersDialled;
    await rig.advance(MINUTE);
    expect(crawler.discovery.engineCounters().metadata.dialledPerMinute).toBe(
      crawler.discovery.counters.peersDialled - before,
    );
  });

  test('an hour without a network, or a sleep, takes nobody down a rung', async () => {
    const index = indexOfV1();
    rig.seeders.silentHosts.add(rig.hostOf(index));
    await startWithStore();
    await rig.advance(6 * MINUTE, 500);
    const before = readStore();
    expect(before.ladder.get(infohashOf(index))?.failureCount).toBe(1);
    rig.swarm.network.setDown(true);
    await passHours(2);
    rig.swarm.network.setDown(false);
    const after = readStore();
    expect([...after.ladder.values()].map(({ failureCount }) => failureCount)).toEqual(
      [...before.ladder.values()].map(({ failureCount }) => failureCount),
    );
    rig.seeders.silentHosts.clear();
    await passHours(1.5);
    expect(readStore().names).toContain(rig.torrents[index]!.name);
  });

  test('after its last rung it is asked for no more', async () => {
    const index = indexOfV1();
    rig.seeders.silentHosts.add(rig.hostOf(index));
    const crawler = await startWithStore();
    await rig.advance(6 * MINUTE, 500);
    for (const [rung, seconds] of RETRY_AFTER_SECONDS.entries()) {
      expect(readStore().ladder.get(infohashOf(index))?.failureCount, `rung ${rung}`).toBe(rung + 1);
      await passHours(seconds / 3600 + 0.05);
    }
    expect(readStore().ladder.has(infohashOf(index))).toBe(false);
    expect(crawler.status.dropped['retries-ended']).toBe(1);
  });
});

describe(`health (SEED=${seed})`, () => {
  test('what is on screen is counted; what has lost its last peer goes down the ladder and is shown as dead at its end', async () => {
    const crawler = await startWithStore();
    await rig.advance(6 * MINUTE, 500);
    const index = indexOfV1();
    const alive = (index + 1) % TORRENTS;
    const { name } = rig.torrents[index]!;
    expect(readStore().names).toContain(name);
    expect(readStore().healthOf(name)).toBeNull(); // nobody has looked
    const reports: HealthReport[] = [];
    crawler.discovery.onHealth = (found) => void reports.push(...found);
    // Its peers have left: an hour later no node names them.
    await passHours(3, [index]);
    const onScreen = [index, alive].map((at) => rig.torrents[at]!.infohashes[0]!);
    crawler.discovery.checkHealth(new Uint8Array(Buffer.concat(onScreen)));
    await rig.advance(2 * MINUTE, 500);
    const found = new Map(reports.map((report) => [toHex(report.infohash), report]));
    expect(found.get(infohashOf(index))).toMatchObject({ source: 'dht', seeders: 0, leechers: 0 });
    expect(found.get(infohashOf(alive))!.leechers + found.get(infohashOf(alive))!.seeders).toBeGreaterThan(0);
    expect(readStore().healthOf(name)).toMatchObject({ isDead: false, dht: { seeders: 0, leechers: 0 } });
    expect(readStore().ladder.get(infohashOf(index))).toMatchObject({ purpose: 1, failureCount: 1 });

    for (const [rung, seconds] of RETRY_AFTER_SECONDS.entries()) {
      expect(readStore().ladder.get(infohashOf(index))?.failureCount, `rung ${rung}`).toBe(rung + 1);
      expect(readStore().healthOf(name)?.isDead).toBe(false);
      await passHours(seconds / 3600 + 0.05, [index]);
    }
    expect(readStore().healthOf(name)?.isDead).toBe(true);
    expect(readStore().healthOf(rig.torrents[alive]!.name)?.isDead).toBe(false);
    expect(crawler.discovery.engineCounters().metadata.dead).toBe(1);

    // Somebody has it again: whoever looks at it next takes that back.
    await passHours(1);
    crawler.discovery.checkHealth(rig.torrents[index]!.infohashes[0]!);
    await rig.advance(MINUTE, 500);
    expect(readStore().healthOf(name)).toMatchObject({ isDead: false });
  });

  test('a screen full is looked at within its budget, however often it is asked for', async () => {
    const crawler = rig.crawler();
    crawler.store.waitingCount = WAITING_TORRENTS_MAX; // nothing is sampled: every get_peers is of a look
    crawler.joinStore();
    await crawler.discovery.start();
    await rig.advance(MINUTE);
    const { random } = rig.swarm.nodes;
    const screen = (): Uint8Array => random.bytes(20 * (CHECK_INFOHASHES_MAX + 50));
    const asked = (): number => crawler.discovery.counters.queriesSentBy.get_peers;
    const before = asked();
    const minutes = 2;
    for (let turn = 0; turn < minutes * 12; turn++) {
      crawler.discovery.checkHealth(screen()); // scrolling
      await rig.advance(5_000);
    }
    const looks = (minutes * MINUTE) / START_EVERY_MS;
    expect(asked() - before).toBeGreaterThan(100);
    // A look is a count and, when nobody is counted, one lookup: 40 queries at most each.
    expect(asked() - before).toBeLessThanOrEqual(looks * 80);
    crawler.discovery.pause();
    const paused = crawler.sentCount;
    crawler.discovery.checkHealth(screen());
    await rig.advance(MINUTE);
    expect(crawler.sentCount).toBe(paused);
  });
});

// The engine's real thread among a real swarm on loopback: its commands, its store, its end.
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { primaryInfohash } from '../../main/catalogue/torrent.ts';
import type { EngineCommand, EngineEvent, EngineOptions, EngineStatus } from '../../main/engine/engine-contract.ts';
import { IS_NEW, type EngineToWriter } from '../../main/store/store-contract.ts';
import { startSwarm, type Swarm } from '../../scripts/swarm/swarm.ts';
import { ScriptedTracker } from '../health/scripted-tracker.ts';

const WORKER = path.join(import.meta.dirname, '../../main/engine/engine-worker.ts');
const TORRENTS = 8;

let swarm: Swarm;
let folder: string;
let worker: Worker;
let events: EngineEvent[];
let exitCode: number | null;

beforeEach(async () => {
  swarm = await startSwarm({ nodeCount: 24, torrentCount: TORRENTS, seederCount: 4, seed: 5, baseHost: '127.64' });
  folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-engine-'));
  const options: EngineOptions = {
    dataDir: folder,
    bootstrap: swarm.bootstrap,
    bindHost: '127.65.0.1',
    port: 0,
    pace: 'fast',
    isServing: false,
    localAddressesAllowed: true,
    startPaused: true,
  };
  events = [];
  exitCode = null;
  worker = new Worker(WORKER, { workerData: options });
  worker.on('message', (event: EngineEvent) => events.push(event));
  worker.once('exit', (code) => (exitCode = code));
});
afterEach(async () => {
  await worker.terminate();
  await swarm.stop();
  rmSync(folder, { recursive: true });
});

const tell = (command: EngineCommand): void => {
  worker.postMessage(command, command.type === 'connect-store' ? [command.port] : []);
};

function status(): EngineStatus | null {
  const last = events.findLast((event) => event.type === 'status');
  return last?.type === 'status' ? last.status : null;
}

async function until(isDone: () => boolean): Promise<void> {
  const endMs = performance.now() + 40_000;
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${JSON.stringify(status())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A store that knows nothing yet. */
function joinStore(): { readonly heard: EngineToWriter[]; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  const heard: EngineToWriter[] = [];
  port1.on('message', (message: EngineToWriter) => {
    heard.push(message);
    if (message.type !== 'are-known') return;
    const isKnown = new Uint8Array(message.infohashes.length / 20).fill(IS_NEW);
    port1.postMessage({ type: 'known', questionId: message.questionId, isKnown });
  });
  tell({ type: 'connect-store', port: port2 });
  return { heard, close: () => port1.close() };
}

test('what is sampled while the store is gone is fetched once there is one; stop saves and ends the thread', async () => {
  const first = joinStore();
  await until(() => first.heard.some(({ type }) => type === 'warm-up') && status()?.state === 'paused');
  expect(status()!.packetsOut).toBe(0);
  first.close();
  tell({ type: 'resume' });
  await until(() => status()!.infohashesSeen >= TORRENTS);
  expect(status()).toMatchObject({ state: 'running', problem: null, localAddressesAllowed: true });
  expect(status()).toMatchObject({ infohashesNew: 0, metadataTried: 0 }); // nobody can say what is stored
  const second = joinStore();
  const stored = () => second.heard.flatMap((message) => (message.type === 'store' ? message.torrents : []));
  await until(() => stored().length >= TORRENTS);
  const torrents = stored();
  const names = torrents.map(({ name }) => name);
  expect(names.toSorted()).toEqual(swarm.torrents.map(({ name }) => name).toSorted());

  // Trackers are off until the person turns them on, and off again when they say so.
  const tracker = new ScriptedTracker();
  const port = await tracker.listen('127.65.0.2');
  const [asked, unasked] = torrents.map((torrent) => primaryInfohash(torrent)) as [Uint8Array, Uint8Array];
  tell({ type: 'check-health', infohashes: asked });
  tell({ type: 'set-trackers', trackers: [{ host: '127.65.0.2', port }] });
  const trackerReport = { infohash: asked, source: 'tracker', seeders: asked[0], leechers: asked[1] };
  await until(() => events.some(({ type }) => type === 'health'));
  const reports = () => events.flatMap((event) => (event.type === 'health' ? event.reports : []));
  await until(() => reports().some(({ source }) => source === 'tracker'));
  expect(reports().find(({ source }) => source === 'tracker')).toMatchObject(trackerReport);
  await until(() => second.heard.some(({ type }) => type === 'health'));
  const heardCount = tracker.heard.length;
  tell({ type: 'set-trackers', trackers: [] });
  tell({ type: 'check-health', infohashes: unasked });
  await until(() => reports().some(({ infohash, source }) => source === 'dht' && infohash[0] === unasked[0]));
  expect(tracker.heard).toHaveLength(heardCount);
  await tracker.stop();

  tell({ type: 'pause' });
  await until(() => status()!.state === 'paused');
  const { packetsOut } = status()!;
  const statusCount = events.length;
  await until(() => events.length >= statusCount + 5);
  expect(status()!.packetsOut).toBe(packetsOut);

  tell({ type: 'stop' });
  if (exitCode === null) await once(worker, 'exit');
  expect(exitCode).toBe(0);
  expect(events.at(-1)).toEqual({ type: 'stopped' });
  expect(status()!.state).toBe('stopped');
  expect(existsSync(path.join(folder, 'dht-state.benc'))).toBe(true);
}, 60_000);

test('stop right after the start ends the thread', async () => {
  tell({ type: 'stop' });
  if (exitCode === null) await once(worker, 'exit');
  expect(exitCode).toBe(0);
  expect(events.at(-1)).toEqual({ type: 'stopped' });
});

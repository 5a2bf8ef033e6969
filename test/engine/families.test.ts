// IPv6 beside IPv4 (BEP 32): on when a global address comes, waiting when it goes, and both tables kept; on a simulated
// network, with a real folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { Discovery } from '../../main/engine/discovery.ts';
import type { EngineOptions } from '../../main/engine/engine-contract.ts';
import { SavedState } from '../../main/engine/saved-state.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { SimulatedNetwork } from '../simulation/simulated-network.ts';

const FIRST = '2a00:5::1';
const SECOND = '2a00:6::1';

let clock: SimulatedClock;
let network: SimulatedNetwork;
let folder: string;
let addresses: string[];
let bound: string[];
let discovery: Discovery;

function create(options: Partial<EngineOptions> = {}): Discovery {
  const openSocket: SimulatedNetwork['openSocket'] = (socketOptions) => {
    bound.push(socketOptions.bindHost);
    return network.openSocket(socketOptions);
  };
  discovery = new Discovery(
    {
      clock,
      random: createSeededRandom(7),
      log: silentLog,
      openSocket,
      resolveHost: () => Promise.reject(new Error('nothing is looked up here')),
      dialTcp: () => {
        throw new Error('nobody is dialled here');
      },
      localAddresses: () => addresses,
    },
    {
      dataDir: folder,
      bootstrap: [],
      bindHost: '0.0.0.0',
      port: 0,
      pace: 'balanced',
      isServing: false,
      localAddressesAllowed: false,
      startPaused: false,
      ...options,
    },
  );
  return discovery;
}

/** Timers fire in advance(), sockets are opened in between. */
async function pass(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

beforeEach(() => {
  clock = new SimulatedClock();
  network = new SimulatedNetwork(clock, createSeededRandom(1));
  folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-families-'));
  addresses = ['127.0.0.1', '::1', '192.168.1.2', 'fe80::1', 'fd00::2'];
  bound = [];
});

afterEach(async () => {
  await discovery.stop();
  rmSync(folder, { recursive: true });
});

test('without a global address IPv4 goes alone; one comes, moves and goes, and nothing has to be started again', async () => {
  await create().start();
  expect([discovery.status().ipv6, bound]).toEqual(['not-available', ['0.0.0.0']]);
  addresses = [...addresses, FIRST];
  await pass(3_000);
  expect([discovery.status().ipv6, bound.at(-1)]).toEqual(['running', FIRST]);
  addresses = addresses.map((host) => (host === FIRST ? SECOND : host));
  await pass(4_000);
  expect([discovery.status().ipv6, bound.at(-1)]).toEqual(['running', SECOND]);
  addresses = addresses.filter((host) => host !== SECOND);
  await pass(3_000);
  expect(discovery.status()).toMatchObject({ ipv6: 'not-available', state: 'joining' });
  addresses = [...addresses, FIRST];
  await pass(4_000);
  expect([discovery.status().ipv6, bound.at(-1)]).toEqual(['running', FIRST]);
  const { dht, scrape } = discovery.engineCounters();
  expect([dht.nodes.length, scrape.length]).toEqual([2, 2]);
  discovery.checkInvariants();
});

test('an address that cannot be bound yet is tried again; IPv4 is not disturbed', async () => {
  network.setGone(FIRST, true);
  addresses = [...addresses, FIRST];
  await create().start();
  expect(discovery.status().ipv6).toBe('not-available');
  network.setGone(FIRST, false);
  await pass(15_000);
  expect(discovery.status().ipv6).toBe('running');
});

test('who binds to an IPv4 address gets no IPv6, and when it is gone nothing else is used until it is back', async () => {
  addresses = [...addresses, FIRST, '10.8.0.2'];
  await create({ bindHost: '10.8.0.2' }).start();
  expect([discovery.status().ipv6, bound]).toEqual(['off', ['10.8.0.2']]);
  addresses = addresses.filter((host) => host !== '10.8.0.2');
  await pass(3_000);
  const { packetsOut, port } = discovery.status();
  expect(port).toBe(0);
  await pass(60_000);
  expect(discovery.status().packetsOut).toBe(packetsOut);
  addresses = [...addresses, '10.8.0.2'];
  await pass(4_000);
  expect(discovery.status().port).not.toBe(0);
  expect(new Set(bound)).toEqual(new Set(['10.8.0.2']));
});

test('both tables are saved and come back, each with its own id; without IPv6 its table is kept for another day', async () => {
  addresses = [...addresses, FIRST];
  await create().start();
  await pass(1_000);
  await discovery.stop();
  const read = () => new SavedState(path.join(folder, 'dht-state.benc'), clock, silentLog).read();
  const first = await read();
  expect([first.v4?.table.selfId.length, first.v6?.table.selfId.length]).toEqual([20, 20]);
  expect(first.v4!.table.selfId).not.toEqual(first.v6!.table.selfId);
  addresses = addresses.filter((host) => host !== FIRST);
  await create().start();
  expect(discovery.status().ipv6).toBe('not-available');
  await discovery.stop();
  const second = await read();
  expect(second.v4!.table.selfId).toEqual(first.v4!.table.selfId);
  expect(second.v6!.table.selfId).toEqual(first.v6!.table.selfId);
});

// Our node as a side of the benchmarks: in a Node process of its own, or in a worker thread of the Electron runtime
// (electron-host.mjs). Commands and answers are lines of JSON; what it costs is read from outside (side.ts).
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../main/base/clock.ts';
import { asNodeId } from '../../../main/base/identifier.ts';
import { silentLog } from '../../../main/base/log.ts';
import { createSeededRandom, createSystemRandom } from '../../../main/base/random.ts';
import { DhtNode } from '../../../main/dht/dht-node.ts';
import { chooseOpener, UDP_BINDING_VARIABLE } from '../../../main/dht/udp/transport.ts';
import { Counters } from '../../../main/stats/counters.ts';
import { burst, ContactPool, crawl } from './crawl.ts';
import type { Command, SideOptions } from './commands.ts';
import { listen, say } from './side-line.ts';

const UNLIMITED = 1e9;
/** 8,000 queries a second of which nobody answers one wait up to 6 s; beyond this the pace would be less than asked for. */
const IN_FLIGHT_MAX = 32_768;
/** lookups.ts takes 32; one below it is left to the node's own upkeep. */
const LOOKUPS_AT_ONCE = 24;

const options = (parentPort === null ? JSON.parse(process.argv[2] ?? '{}') : workerData) as SideOptions;
const counters = new Counters();
const dependencies = {
  clock: systemClock,
  random: createSystemRandom(),
  log: silentLog,
  counters,
  openSocket: chooseOpener(process.env[UDP_BINDING_VARIABLE] ?? null, silentLog),
  resolveHost: () => Promise.resolve([]),
};
const node = new DhtNode(dependencies, {
  bindHost: options.host,
  port: options.port,
  bootstrap: [{ ...options.bootstrap, isOrdinary: true }],
  isServing: true,
  localAddressesAllowed: true,
  nodeId: asNodeId(createSeededRandom(1).bytes(20)),
  hasNoInboundLimits: true,
  ...(options.isIdle
    ? {}
    : {
        queriesInFlightMax: IN_FLIGHT_MAX,
        sendRates: {
          newAddressesPerSecond: UNLIMITED,
          packetsPerSecond: UNLIMITED,
          perAddressPerSecond: UNLIMITED,
          perAddressBurst: UNLIMITED,
        },
      }),
});
const pool = new ContactPool();
await node.start();
listen((command) => obey(command));
say({ ready: true });

async function obey(command: Command): Promise<object> {
  switch (command.do) {
    case 'nodes':
      return { nodes: node.table.nodeCount };
    case 'lookups':
      return { found: await lookUpAll(command.infohashes) };
    case 'meet':
      node.onNodes = (nodes) => nodes.forEach(({ contact }) => pool.add(contact));
      return {};
    case 'crawl':
      return crawl(node, dependencies, pool, command);
    case 'burst':
      return burst(node, pool, command);
    case 'contacts':
      return { contacts: pool.size };
  }
}

/** How many found a peer. */
async function lookUpAll(infohashes: readonly string[]): Promise<number> {
  const waiting = infohashes.map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
  let found = 0;
  const lookUpNext = async (): Promise<void> => {
    for (let infohash = waiting.pop(); infohash !== undefined; infohash = waiting.pop()) {
      const target = infohash;
      await new Promise<void>((resolve, reject) => {
        const isStarted = node.lookupPeers(target, (peers) => {
          if (peers.length > 0) found++;
          resolve();
        });
        if (!isStarted) reject(new Error('the node takes no further lookup'));
      });
    }
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, lookUpNext));
  return found;
}

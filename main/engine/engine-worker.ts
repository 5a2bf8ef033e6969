// The engine thread: real clock, real sockets, and the few commands of engine-contract.ts. All else is discovery.ts.
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { createForwardingLog } from '../base/log.ts';
import { threadPort, type Port } from '../base/port.ts';
import { createSystemRandom } from '../base/random.ts';
import { chooseOpener, UDP_BINDING_VARIABLE } from '../dht/udp/transport.ts';
import { dialTcp } from '../metadata/transports/tcp-connection.ts';
import type { EngineToWriter, WriterToEngine } from '../store/store-contract.ts';
import { Discovery } from './discovery.ts';
import {
  COUNTERS_INTERVAL_MS,
  STATUS_INTERVAL_MS,
  type EngineCommand,
  type EngineEvent,
  type EngineOptions,
} from './engine-contract.ts';

if (!parentPort) throw new Error('engine-worker runs as a worker thread');
const owner: Port<EngineCommand, EngineEvent> = threadPort(parentPort);
const log = createForwardingLog((level, message) => owner.post({ type: 'log', level, message }));

const options = workerData as EngineOptions;
const udpBinding = options.udpBinding === undefined ? process.env[UDP_BINDING_VARIABLE] : options.udpBinding;

const discovery = new Discovery(
  {
    clock: systemClock,
    random: createSystemRandom(),
    log,
    openSocket: chooseOpener(udpBinding ?? null, log),
    resolveHost: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
    dialTcp,
    localAddresses: () =>
      Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ address }) => address)),
  },
  options,
);
const postStatus = (): void => {
  owner.post({ type: 'status', status: discovery.status() });
};
const postCounters = (): void => {
  owner.post({ type: 'counters', counters: discovery.engineCounters() });
};
discovery.onHealth = (reports) => {
  owner.post({ type: 'health', reports });
};
const timers = [
  systemClock.setRepeating(STATUS_INTERVAL_MS, postStatus),
  systemClock.setRepeating(COUNTERS_INTERVAL_MS, postCounters),
];

owner.on((command) => {
  switch (command.type) {
    case 'connect-store': {
      const store = threadPort<WriterToEngine, EngineToWriter>(command.port);
      discovery.connectStore(store);
      // The writer's thread ended, on purpose or not.
      command.port.once('close', () => discovery.disconnectStore(store));
      break;
    }
    case 'pause':
      discovery.pause();
      postStatus();
      break;
    case 'resume':
      discovery.resume();
      postStatus();
      break;
    case 'set-pace':
      discovery.setPace(command.pace);
      break;
    case 'check-health':
      discovery.checkHealth(command.infohashes);
      break;
    case 'fetch-torrent': {
      const { requestId } = command;
      discovery.torrents.fetch(requestId, command.infohashes, {
        onPeers: (peerCount) => owner.post({ type: 'torrent-peers', requestId, peerCount }),
        onFetched: (blocks) =>
          owner.post({ type: 'torrent-fetched', requestId, info: new Uint8Array(Buffer.concat(blocks)) }),
        onFailed: (reason) => owner.post({ type: 'torrent-failed', requestId, reason }),
      });
      break;
    }
    case 'cancel-torrent':
      discovery.torrents.cancel(command.requestId);
      break;
    case 'set-trackers':
      discovery.setTrackers(command.trackers);
      break;
    case 'network-changed':
      discovery.networkChanged();
      break;
    case 'stop':
      void stop();
      break;
  }
});
await discovery.start();
postCounters();
postStatus();

async function stop(): Promise<void> {
  for (const timer of timers) timer.cancel();
  await discovery.stop();
  postCounters();
  postStatus();
  owner.post({ type: 'stopped' });
  owner.close();
}

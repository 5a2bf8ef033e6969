// The production Discovery among simulated nodes and seeders, with a real folder and a store that tests play.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock, Timer } from '../../main/base/clock.ts';
import { toHex } from '../../main/base/bytes.ts';
import { asInfohash } from '../../main/base/identifier.ts';
import type { Log } from '../../main/base/log.ts';
import { memoryPorts, type Port } from '../../main/base/port.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { RetryEntry, Torrent } from '../../main/catalogue/torrent.ts';
import type { DatagramSocket, OpenDatagramSocket } from '../../main/dht/udp-socket.ts';
import { Discovery } from '../../main/engine/discovery.ts';
import type { EngineOptions, EngineStatus } from '../../main/engine/engine-contract.ts';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import type { EngineToWriter, WriterToEngine } from '../../main/store/store-contract.ts';
import { generateTorrents, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import type { SimulatedClock } from '../simulation/simulated-clock.ts';
import { SIMULATED_PORT } from '../simulation/simulated-nodes.ts';
import { SimulatedSeeders } from '../simulation/simulated-seeders.ts';
import { SimulatedSwarm } from '../simulation/simulated-swarm.ts';

const STEP_MS = 100;
const COPIES = 8;

export class DiscoveryRig {
  readonly swarm: SimulatedSwarm;
  readonly torrents: readonly SwarmTorrent[];
  readonly seeders: SimulatedSeeders;
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-discovery-'));
  readonly #crawlers: Crawler[] = [];

  constructor(seed: number, torrentCount: number) {
    this.swarm = new SimulatedSwarm(seed);
    this.torrents = generateTorrents({ count: torrentCount, seed });
    this.seeders = new SimulatedSeeders(this.swarm.clock, this.torrents);
  }

  async grow(count: number): Promise<void> {
    await this.swarm.grow(count);
    this.announce();
  }

  /** Every seeder announces its torrent, but those at `indexes` left out; what it announced earlier is forgotten in time. */
  announce(without: readonly number[] = []): void {
    this.torrents.forEach(({ infohashes }, index) => {
      if (without.includes(index)) return;
      for (const infohash of infohashes) {
        for (const { node } of this.swarm.nodes.trueClosest(infohash, COPIES, this.swarm.nodes.members)) {
          node.peerStore.add(asInfohash(infohash), { host: this.hostOf(index), port: SIMULATED_PORT });
        }
      }
    });
  }

  /** Where the torrent at `index` is seeded. */
  hostOf(index: number): string {
    return `200.${index >> 8}.${index & 255}.1`;
  }

  /** The crowd has no upkeep of its own: without this its nodes stop naming each other after 15 minutes. */
  keepCrowdAcquainted(): void {
    for (const { node } of this.swarm.nodes.members) {
      for (const { id, contact } of [...node.table.nodes()]) node.table.insert({ id, contact }, { hasAnswered: true });
    }
  }

  crawler(options: CrawlerOptions = {}): Crawler {
    const routers = this.swarm.nodes.members.slice(0, 2).map(({ contact }) => contact);
    const crawler = new Crawler(this, { dataDir: this.folder, bootstrap: routers, ...options });
    this.#crawlers.push(crawler);
    return crawler;
  }

  /** Lets simulated time pass, with room for messages and files in between. */
  async advance(durationMs: number, stepMs = STEP_MS): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
      this.swarm.clock.advance(Math.min(stepMs, durationMs - passedMs));
      await breathe();
      for (const { discovery } of this.#crawlers) discovery.status();
    }
    for (const { discovery } of this.#crawlers) discovery.checkInvariants();
  }

  async advanceUntil(isDone: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.swarm.clock.nowMs() + limitMs;
    while (!isDone()) {
      if (this.swarm.clock.nowMs() >= endMs) throw new Error(`not done after ${limitMs} simulated ms`);
      await this.advance(500);
    }
  }

  async end(): Promise<void> {
    for (const crawler of this.#crawlers) await crawler.discovery.stop();
    await this.swarm.stop();
    rmSync(this.folder, { recursive: true });
  }
}

export interface CrawlerOptions extends Partial<EngineOptions> {
  readonly openSocket?: OpenDatagramSocket;
}

/** One Discovery, with what it does seen from outside. */
export class Crawler {
  readonly discovery: Discovery;
  readonly warnings: string[] = [];
  readonly store = new PlayedStore();
  readonly life: Life;
  /** Hosts that were sampled, in order. */
  readonly sampled: string[] = [];
  sentCount = 0;
  readonly #sockets: DatagramSocket[] = [];
  #openSockets = 0;

  constructor({ swarm, seeders }: DiscoveryRig, { openSocket, ...options }: CrawlerOptions) {
    this.life = new Life(swarm.clock);
    const warn = (message: string) => void this.warnings.push(message);
    const log: Log = { info: () => undefined, warn, error: warn };
    this.discovery = new Discovery(
      {
        clock: this.life,
        random: createSeededRandom(swarm.nodes.random.uint32()),
        log,
        openSocket: (socketOptions) => this.#open(openSocket ?? swarm.network.openSocket, socketOptions),
        resolveHost: () => Promise.reject(new Error('nothing is looked up here')),
        dialTcp: seeders.dial,
      },
      {
        dataDir: '',
        bootstrap: [],
        bindHost: '99.1.2.3',
        port: 0,
        pace: 'fast',
        isServing: false,
        localAddressesAllowed: false,
        startPaused: false,
        ...options,
      },
    );
  }

  get status(): EngineStatus {
    return this.discovery.status();
  }

  get openSockets(): number {
    return this.#openSockets;
  }

  /** Joins a store, the first or the next one. */
  joinStore(): void {
    this.discovery.connectStore(this.store.newPort());
  }

  /** As if the process had been killed: nothing of it runs on, nothing is saved. */
  async kill(): Promise<void> {
    this.life.end();
    for (const socket of this.#sockets) await socket.close();
  }

  async #open(open: OpenDatagramSocket, options: Parameters<OpenDatagramSocket>[0]): Promise<DatagramSocket> {
    const socket = await open(options);
    this.#sockets.push(socket);
    this.#openSockets++;
    const message = new KrpcMessage();
    return {
      localPort: socket.localPort,
      send: (bytes, contact, byteCount) => {
        this.sentCount++;
        const isRead = decodeKrpc(bytes.slice(0, byteCount), message) === null;
        if (isRead && message.method === 'sample_infohashes') this.sampled.push(contact.host);
        socket.send(bytes, contact, byteCount);
      },
      close: () => {
        this.#openSockets--;
        return socket.close();
      },
    };
  }
}

/** A clock that can end, and knows how many of its timers are set and how often they went off. */
export class Life implements Clock {
  /** Each is a wake-up of the thread. */
  firedCount = 0;
  readonly #clock: SimulatedClock;
  readonly #timers = new Set<Timer>();
  #isOver = false;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  nowUnixSeconds(): number {
    return this.#clock.nowUnixSeconds();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(handle);
      this.firedCount++;
      callback();
    });
    const handle = this.#keep(timer);
    return handle;
  }

  setRepeating(intervalMs: number, callback: () => void): Timer {
    const counted = (): void => {
      this.firedCount++;
      callback();
    };
    return this.#keep(this.#clock.setRepeating(intervalMs, counted));
  }

  #keep(timer: Timer): Timer {
    const handle: Timer = {
      cancel: () => {
        this.#timers.delete(handle);
        timer.cancel();
      },
    };
    this.#timers.add(handle);
    if (this.#isOver) handle.cancel();
    return handle;
  }
}

/** The writer's side of the port: answers at once, and keeps what it is given. */
export class PlayedStore {
  readonly torrents: Torrent[] = [];
  readonly known = new Set<string>();
  /** What it says that it has waiting. */
  waitingCount = 0;
  /** What the pipeline had to say, in order. */
  readonly retries: EngineToWriter[] = [];
  /** What the next question for due entries is answered with. */
  due: RetryEntry[] = [];
  #end: Port<EngineToWriter, WriterToEngine> | null = null;
  #engineEnd: Port<WriterToEngine, EngineToWriter> | null = null;

  get names(): string[] {
    return this.torrents.map(({ name }) => name);
  }

  newPort(): Port<WriterToEngine, EngineToWriter> {
    const [engineEnd, end] = memoryPorts<WriterToEngine, EngineToWriter>();
    end.on((message) => this.#receive(end, message));
    this.#end = end;
    this.#engineEnd = engineEnd;
    this.sayWaiting(this.waitingCount);
    return engineEnd;
  }

  sayWaiting(waitingCount: number): void {
    this.waitingCount = waitingCount;
    this.#end?.post({ type: 'stored', storedCount: 0, waitingCount });
  }

  sayBlocked(infohashes: readonly Uint8Array[]): void {
    this.#end?.post({ type: 'blocked', infohashes: new Uint8Array(Buffer.concat(infohashes)) });
  }

  /** The thread fell: what is sent to it from now on is lost. Returns the engine's end. */
  fall(): Port<WriterToEngine, EngineToWriter> {
    this.#end!.close();
    return this.#engineEnd!;
  }

  #receive(end: Port<EngineToWriter, WriterToEngine>, message: EngineToWriter): void {
    switch (message.type) {
      case 'store':
        this.torrents.push(...message.torrents);
        end.post({ type: 'stored', storedCount: message.torrents.length, waitingCount: this.waitingCount });
        break;
      case 'are-known': {
        const { questionId, infohashes } = message;
        const isKnown = new Uint8Array(infohashes.length / 20);
        for (const index of isKnown.keys()) {
          if (this.known.has(toHex(infohashes.subarray(20 * index, 20 * index + 20)))) isKnown[index] = 1;
        }
        end.post({ type: 'known', questionId, isKnown });
        break;
      }
      case 'warm-up':
        end.post({ type: 'warm-up', infohashes: new Uint8Array(0), isLast: true });
        break;
      case 'retry-take':
        end.post({ type: 'retry-due', entries: this.due.splice(0, message.limit), waitingCount: 0, evictedCount: 0 });
        break;
      case 'retry-add':
      case 'retry-remove':
      case 'invalid':
      case 'health':
      case 'alive':
      case 'dead':
      case 'sightings':
        this.retries.push(message);
        break;
    }
  }
}

/** A turn of the event loop: messages arrive, file operations go on. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// Joins the rooms below into one crawler: nodes learnt go to the scraper, infohashes sampled lead to peers, peers to
// metadata, metadata to the store. Owns the crawl state and the saved tables; knows no wire format and no SQL.
import { isIP } from 'node:net';
import path from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { toHex } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import type { Random } from '../base/random.ts';
import type { HealthReport } from '../catalogue/torrent.ts';
import { isForbidden } from '../dht/bogons.ts';
import type { OpenDatagramSocket } from '../dht/udp-socket.ts';
import type { DialStream } from '../metadata/transports/peer-connection.ts';
import { PeerTransports } from '../metadata/transports/peer-transports.ts';
import { Counters } from '../stats/counters.ts';
import type { EngineToWriter, WriterToEngine } from '../store/store-contract.ts';
import { bindProblem } from './bind-problem.ts';
import { crawlState } from './crawl-state.ts';
import type { EngineCounters, EngineOptions, EngineStatus, Pace, TrackerAddress } from './engine-contract.ts';
import { countedStatus } from './counted-status.ts';
import { CountersReader } from './engine-counters.ts';
import { Families } from './families.ts';
import { HealthLine } from './health-line.ts';
import type { ReadAddresses } from './local-addresses.ts';
import { MetadataLine } from './metadata-line.ts';
import { PerMinute } from './per-minute.ts';
import { SavedState } from './saved-state.ts';
import { StoreLink } from './store-link.ts';
import { TorrentLine } from './torrent-line.ts';

/** R11: a kill loses at most this much of the tables. */
export const SAVE_EVERY_MS = 10 * 60_000;

export interface DiscoveryDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly openSocket: OpenDatagramSocket;
  readonly resolveHost: (name: string) => Promise<string[]>;
  readonly dialTcp: DialStream;
  /** Default: unknown, and so no IPv6 beside IPv4. */
  readonly localAddresses?: ReadAddresses;
}

export class Discovery {
  readonly counters = new Counters();
  /** What was found of the health of torrents. */
  onHealth: (reports: readonly HealthReport[]) => void = () => undefined;
  readonly #dependencies: DiscoveryDependencies;
  readonly #options: EngineOptions;
  readonly #savedState: SavedState;
  readonly #store: StoreLink;
  readonly #transports: PeerTransports;
  readonly #metadata: MetadataLine;
  readonly #health: HealthLine;
  /** What the person asks for, to save it. */
  readonly torrents: TorrentLine;
  readonly #sampled = new PerMinute();
  readonly #fetched = new PerMinute();
  readonly #countersReader: CountersReader;
  readonly #startedAtMs: number;
  readonly #families: Families;
  #saving: Timer | null = null;
  #pace: Pace;
  #hasStarted = false;
  #isPaused: boolean;
  #hasStopped = false;
  #failure: string | null = null;
  /** The last datagram in, and what had been sent by then: what silence is measured from. */
  #heard: { atMs: number; packetsIn: number; packetsOut: number };
  /** Infohashes from the store that came before the scraper stood. */
  #earlyWarmUps: Uint8Array[] = [];

  constructor(dependencies: DiscoveryDependencies, options: EngineOptions) {
    const { clock } = dependencies;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#pace = options.pace;
    this.#isPaused = options.startPaused;
    this.#startedAtMs = clock.nowMs();
    this.#heard = { atMs: this.#startedAtMs, packetsIn: 0, packetsOut: 0 };
    this.#savedState = new SavedState(path.join(options.dataDir, 'dht-state.benc'), clock, dependencies.log);
    this.#store = new StoreLink(this.counters, (infohashes) => this.#warmUp(infohashes));
    this.#store.onRoomChanged = () => this.#pauseOrResumeMetadata();
    const { localAddressesAllowed, bindHost, trackers = [] } = options;
    this.#transports = new PeerTransports({ ...dependencies, counters: this.counters });
    this.#families = this.#createFamilies();
    const shared = {
      ...dependencies,
      counters: this.counters,
      dial: this.#transports.dial,
      mayConnect: (contact: Contact): boolean => isForbidden(contact, { localAddressesAllowed }) === null,
      store: this.#store,
    };
    this.#metadata = new MetadataLine(shared, options);
    this.torrents = new TorrentLine(shared, options, options.startPaused);
    this.#health = new HealthLine(shared, { bindHost, trackers });
    this.#health.onReports = (reports) => this.onHealth(reports);
    this.#metadata.onStored = (infohash) => this.#health.stored(infohash);
    this.#metadata.onHealthDue = (entries) => this.#health.recheck(entries);
    if (options.startPaused) this.#health.pause();
    this.#countersReader = new CountersReader({ ...shared, metadata: this.#metadata.fetcher });
    this.#pauseOrResumeMetadata();
  }

  /** Reads the saved tables and opens the socket. Never rejects: what fails becomes the state `failed`, with a sentence. */
  async start(): Promise<void> {
    const { clock, log } = this.#dependencies;
    const saved = await this.#savedState.read();
    if (this.#hasStopped) return;
    try {
      await this.#families.start(saved);
    } catch (error) {
      this.#fail(error);
      return;
    }
    const main = this.#families.main;
    if (this.#hasStopped || main === null) return;
    for (const infohashes of this.#earlyWarmUps.splice(0)) main.scrape.warmUp(infohashes);
    this.#health.join(main.node);
    this.#hasStarted = true;
    this.#heard = { ...this.#heard, atMs: clock.nowMs() };
    this.#saving = clock.setRepeating(SAVE_EVERY_MS, () => void this.#save());
    const { node } = main;
    log.info(`Node ${toHex(node.nodeId)} on UDP port ${node.localPort}, ${this.status().nodes} nodes known`);
  }

  /** The reverse of start: nothing is sent any more, the tables are saved, sockets and timers are gone. */
  async stop(): Promise<void> {
    if (this.#hasStopped) return;
    // First of all: a start that is still under way looks at it after each of its waits.
    this.#hasStopped = true;
    this.#saving?.cancel();
    // First: uTP connections are reset over the node's socket, and from the node's pause on nothing leaves.
    this.torrents.stop();
    const stopped = this.#metadata.stop();
    this.#families.silence();
    await stopped;
    await this.#health.stop();
    this.#store.close();
    await this.#save();
    await this.#families.stop();
  }

  /** From this call on no datagram and no connection leaves, until resume. */
  pause(): void {
    this.#isPaused = true;
    this.torrents.pause();
    this.#health.pause();
    this.#pauseOrResumeMetadata(); // first, as in stop
    this.#families.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#startListening();
    this.#families.resume();
    this.#health.resume();
    this.torrents.resume();
    this.#pauseOrResumeMetadata();
  }

  setPace(pace: Pace): void {
    this.#pace = pace;
    this.#families.setPace(pace);
    this.#metadata.setPace(pace);
  }

  /** After sleep or a change of network: what was under way is forgotten without blaming anybody. */
  networkChanged(): void {
    if (this.#isPaused) return;
    this.pause();
    this.resume();
  }

  /** Looks, within a budget, who has the torrents on screen (n x 20 bytes packed). While paused nothing is asked. */
  checkHealth(infohashes: Uint8Array): void {
    this.#health.check(infohashes);
  }

  /** Trackers that may be asked from now on (BEP 15); none turns them off, and no packet goes to any. */
  setTrackers(trackers: readonly TrackerAddress[]): void {
    void this.#health.setTrackers(trackers);
  }

  connectStore(port: Port<WriterToEngine, EngineToWriter>): void {
    this.#store.connect(port);
  }

  /** The store's end of `port` is gone: torrents are kept until the next one is joined. */
  disconnectStore(port: Port<WriterToEngine, EngineToWriter>): void {
    this.#store.disconnect(port);
  }

  /** Writes the tables now. A failure is logged, never thrown. */
  async #save(): Promise<void> {
    if (this.#hasStarted) await this.#savedState.write(this.#families.save());
  }

  status(): EngineStatus {
    const { counters } = this;
    const nowMs = this.#dependencies.clock.nowMs();
    if (counters.packetsIn > this.#heard.packetsIn) {
      this.#heard = { atMs: nowMs, packetsIn: counters.packetsIn, packetsOut: counters.packetsOut };
    }
    const { main, nodes4, nodes6, ipv6 } = this.#families;
    const nodes = nodes4 + nodes6;
    return {
      ...crawlState({
        hasStarted: this.#hasStarted,
        hasStopped: this.#hasStopped,
        isPaused: this.#isPaused,
        failure: this.#failure,
        nodes,
        hasHeardAnything: counters.packetsIn > 0,
        silentMs: nowMs - this.#heard.atMs,
        packetsOutDuringSilence: counters.packetsOut - this.#heard.packetsOut,
      }),
      pace: typeof this.#pace === 'string' ? this.#pace : 'custom',
      nodes,
      nodes4,
      nodes6,
      ipv6,
      ...countedStatus(counters),
      sampledPerMinute: this.#sampled.read(counters.infohashesSeen, nowMs),
      newPerMinute: this.#fetched.read(counters.metadataFetched, nowMs),
      localAddressesAllowed: this.#options.localAddressesAllowed,
      isServing: this.#options.isServing,
      port: main?.node.localPort ?? 0,
      nodeIdHex: main ? toHex(main.node.nodeId) : '',
      uptimeMs: nowMs - this.#startedAtMs,
    };
  }

  engineCounters(): EngineCounters {
    const nowMs = this.#dependencies.clock.nowMs();
    return this.#countersReader.read(this.#families.started, this.#pace, nowMs, nowMs - this.#startedAtMs);
  }

  checkInvariants(): void {
    this.#families.checkInvariants();
    this.#metadata.checkInvariants();
    this.#health.checkInvariants();
    this.torrents.checkInvariants();
    this.#transports.checkInvariants();
  }

  #createFamilies(): Families {
    const { localAddresses = () => [] } = this.#dependencies;
    return new Families(
      {
        ...this.#dependencies,
        counters: this.counters,
        localAddresses,
        onCreated: ({ node, scrape }, family) => {
          this.#transports.joinUdp(node.foreign, family === 4 ? 'v4' : 'v6');
          this.#metadata.join(scrape);
          this.torrents.join(node);
        },
        scrape: {
          ...this.#dependencies,
          counters: this.counters,
          onPeers: (infohash, peers, stage) => this.#metadata.offer(infohash, peers, stage),
          areKnown: (infohashes, answer) => this.#store.areKnown(infohashes, answer),
          onSighted: (infohash) => this.#metadata.sightings.note(infohash),
          wantsMore: () => this.#metadata.fetcher.wantsMore() && this.#store.hasRoom,
        },
      },
      this.#options,
      // Public routers have names; an address is somebody's node, given by hand.
      this.#options.bootstrap.map((known) => ({ ...known, isOrdinary: isIP(known.host) !== 0 })),
    );
  }

  #fail(error: unknown): void {
    const { bindHost, port } = this.#options;
    this.#failure = `UDP ${port === 0 ? bindHost : `${bindHost}:${port}`} cannot be used: ${bindProblem(error)}. Nothing is lost. Choose another address or port and start again.`;
    this.#dependencies.log.error(this.#failure);
  }

  #warmUp(infohashes: Uint8Array): void {
    if (this.#hasStarted) this.#families.main?.scrape.warmUp(infohashes);
    else this.#earlyWarmUps.push(infohashes);
  }

  /** Pausing closes every connection and keeps the queue: what the store has no room for is fetched later, not lost. */
  #pauseOrResumeMetadata(): void {
    if (this.#isPaused || !this.#store.hasRoom) this.#metadata.pause();
    else this.#metadata.resume();
  }

  #startListening(): void {
    const { packetsIn, packetsOut } = this.counters;
    this.#heard = { atMs: this.#dependencies.clock.nowMs(), packetsIn, packetsOut };
  }
}

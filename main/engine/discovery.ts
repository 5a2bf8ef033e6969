// Joins the rooms below into one crawler: nodes learnt go to the scraper, infohashes sampled lead to peers, peers to
// metadata, metadata to the store. Owns the crawl state and the saved tables; knows no wire format and no SQL.
import { isIP } from 'node:net';
import path from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { bytesEqual, toHex } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import type { Random } from '../base/random.ts';
import { DhtNode } from '../dht/dht-node.ts';
import { isForbidden } from '../dht/bogons.ts';
import type { OpenDatagramSocket } from '../dht/udp-socket.ts';
import type { DialStream } from '../metadata/transports/peer-connection.ts';
import { PeerTransports } from '../metadata/transports/peer-transports.ts';
import { ScrapeLoop, type ScrapeDependencies } from '../scrape/scrape-loop.ts';
import { Counters } from '../stats/counters.ts';
import type { EngineToWriter, WriterToEngine } from '../store/store-contract.ts';
import { bindProblem } from './bind-problem.ts';
import { crawlState } from './crawl-state.ts';
import type { EngineCounters, EngineOptions, EngineStatus, Pace } from './engine-contract.ts';
import { countedStatus } from './counted-status.ts';
import { CountersReader } from './engine-counters.ts';
import { MetadataLine } from './metadata-line.ts';
import { PerMinute } from './per-minute.ts';
import { SavedState, type EngineState } from './saved-state.ts';
import { StoreLink } from './store-link.ts';

/** R11: a kill loses at most this much of the tables. */
export const SAVE_EVERY_MS = 10 * 60_000;

export interface DiscoveryDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly openSocket: OpenDatagramSocket;
  readonly resolveHost: (name: string) => Promise<string[]>;
  readonly dialTcp: DialStream;
}

export class Discovery {
  readonly counters = new Counters();
  readonly #dependencies: DiscoveryDependencies;
  readonly #options: EngineOptions;
  readonly #savedState: SavedState;
  readonly #store: StoreLink;
  readonly #transports: PeerTransports;
  readonly #metadata: MetadataLine;
  readonly #sampled = new PerMinute();
  readonly #fetched = new PerMinute();
  readonly #countersReader: CountersReader;
  readonly #startedAtMs: number;
  #node: DhtNode | null = null;
  #scrape: ScrapeLoop | null = null;
  #saving: Timer | null = null;
  #pace: Pace;
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
    this.#transports = new PeerTransports({ ...dependencies, counters: this.counters });
    const { dial } = this.#transports;
    const mayConnect = (contact: Contact): boolean => this.#mayConnect(contact);
    this.#metadata = new MetadataLine(
      { ...dependencies, counters: this.counters, dial, mayConnect, store: this.#store },
      options,
    );
    this.#countersReader = new CountersReader({
      counters: this.counters,
      metadata: this.#metadata.fetcher,
      store: this.#store,
    });
    this.#pauseOrResumeMetadata();
  }

  /** Reads the saved tables and opens the socket. Never rejects: what fails becomes the state `failed`, with a sentence. */
  async start(): Promise<void> {
    const { clock, log } = this.#dependencies;
    const saved = await this.#savedState.read();
    if (this.#hasStopped) return;
    const savedId = saved?.table.selfId ?? null;
    const node = await this.#openNode(saved);
    if (node === null || this.#hasStopped) return;
    const scrape = this.#createScrape(node);
    if (saved) scrape.restore(saved.scrape, { ownIdChanged: savedId === null || !bytesEqual(savedId, node.nodeId) });
    for (const infohashes of this.#earlyWarmUps.splice(0)) scrape.warmUp(infohashes);
    node.onNodes = (nodes, from) => scrape.offerNodes(nodes, from);
    this.#transports.joinUdp(node.foreign);
    node.onRetired = (retired) => scrape.offerRetired(retired);
    this.#metadata.join(scrape);
    this.#scrape = scrape;
    if (this.#isPaused) scrape.pause();
    scrape.start();
    this.#heard = { ...this.#heard, atMs: clock.nowMs() };
    this.#saving = clock.setRepeating(SAVE_EVERY_MS, () => void this.#save());
    log.info(`Node ${toHex(node.nodeId)} on UDP port ${node.localPort}, ${this.status().nodes} nodes known`);
  }

  /** The reverse of start: nothing is sent any more, the tables are saved, sockets and timers are gone. */
  async stop(): Promise<void> {
    if (this.#hasStopped) return;
    // First of all: a start that is still under way looks at it after each of its waits.
    this.#hasStopped = true;
    this.#saving?.cancel();
    this.#scrape?.stop();
    const stopped = this.#metadata.stop();
    this.#node?.pause();
    await stopped;
    this.#store.close();
    await this.#save();
    await this.#node?.stop();
  }

  /** From this call on no datagram and no connection leaves, until resume. */
  pause(): void {
    this.#isPaused = true;
    // First: uTP connections are reset over the node's socket, and from the node's pause on nothing leaves.
    this.#pauseOrResumeMetadata();
    this.#node?.pause();
    this.#scrape?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#startListening();
    this.#node?.resume();
    this.#scrape?.resume();
    this.#pauseOrResumeMetadata();
  }

  setPace(pace: Pace): void {
    this.#pace = pace;
    this.#scrape?.setPace(pace);
    this.#metadata.setPace(pace);
  }

  /** After sleep or a change of network: what was under way is forgotten without blaming anybody. */
  networkChanged(): void {
    if (this.#isPaused) return;
    this.pause();
    this.resume();
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
    if (!this.#node || !this.#scrape) return;
    await this.#savedState.write({
      table: this.#node.save(),
      scrape: this.#scrape.save(),
      port: this.#node.localPort,
    });
  }

  status(): EngineStatus {
    const { counters } = this;
    const nowMs = this.#dependencies.clock.nowMs();
    if (counters.packetsIn > this.#heard.packetsIn) {
      this.#heard = { atMs: nowMs, packetsIn: counters.packetsIn, packetsOut: counters.packetsOut };
    }
    const nodes = this.#scrape?.nodeCount ?? 0;
    return {
      ...crawlState({
        hasStarted: this.#scrape !== null,
        hasStopped: this.#hasStopped,
        isPaused: this.#isPaused,
        failure: this.#failure,
        nodes,
        hasHeardAnything: counters.packetsIn > 0,
        silentMs: nowMs - this.#heard.atMs,
        packetsOutDuringSilence: counters.packetsOut - this.#heard.packetsOut,
      }),
      pace: this.#pace,
      nodes,
      ...countedStatus(counters),
      sampledPerMinute: this.#sampled.read(counters.infohashesSeen, nowMs),
      newPerMinute: this.#fetched.read(counters.metadataFetched, nowMs),
      localAddressesAllowed: this.#options.localAddressesAllowed,
      isServing: this.#options.isServing,
      port: this.#node?.localPort ?? 0,
      nodeIdHex: this.#node ? toHex(this.#node.nodeId) : '',
      uptimeMs: nowMs - this.#startedAtMs,
    };
  }

  engineCounters(): EngineCounters {
    const nowMs = this.#dependencies.clock.nowMs();
    const nodes = this.#node === null ? [] : [this.#node];
    return this.#countersReader.read(nodes, this.#scrape, nowMs, nowMs - this.#startedAtMs);
  }

  checkInvariants(): void {
    this.#node?.checkInvariants();
    this.#scrape?.checkInvariants();
    this.#metadata.checkInvariants();
    this.#transports.checkInvariants();
  }

  /** The node on its socket, or null when none could be opened: then the state says why. */
  async #openNode(saved: EngineState | null): Promise<DhtNode | null> {
    const { bindHost, port, bootstrap, isServing, localAddressesAllowed } = this.#options;
    const node = new DhtNode(
      { ...this.#dependencies, counters: this.counters },
      {
        bindHost,
        port,
        // Keeps our address the same for who remembers us; if somebody has that port now, any other will do.
        preferredPort: saved?.port ?? 0,
        // Public routers have names; an address is somebody's node, given by hand.
        bootstrap: bootstrap.map((known) => ({ ...known, isOrdinary: isIP(known.host) !== 0 })),
        isServing,
        localAddressesAllowed,
        nodeId: null, // the saved table brings the own id with it
      },
    );
    this.#node = node;
    try {
      const starting = node.start(saved?.table ?? null);
      // At once, not when the socket is open: no datagram leaves in between.
      if (this.#isPaused) node.pause();
      await starting;
      return node;
    } catch (error) {
      this.#failure = `UDP ${port === 0 ? bindHost : `${bindHost}:${port}`} cannot be used: ${bindProblem(error)}. Nothing is lost. Choose another address or port and start again.`;
      this.#dependencies.log.error(this.#failure);
      return null;
    }
  }

  #createScrape(node: DhtNode): ScrapeLoop {
    const dependencies: ScrapeDependencies = {
      ...this.#dependencies,
      counters: this.counters,
      dht: node,
      onPeers: (infohash, peers, stage) => this.#metadata.offer(infohash, peers, stage),
      areKnown: (infohashes, answer) => this.#store.areKnown(infohashes, answer),
      wantsMore: () => this.#metadata.fetcher.wantsMore() && this.#store.hasRoom,
    };
    return new ScrapeLoop(dependencies, {
      pace: this.#pace,
      localAddressesAllowed: this.#options.localAddressesAllowed,
    });
  }

  #warmUp(infohashes: Uint8Array): void {
    if (this.#scrape) this.#scrape.warmUp(infohashes);
    else this.#earlyWarmUps.push(infohashes);
  }

  #mayConnect(contact: Contact): boolean {
    return isForbidden(contact, { localAddressesAllowed: this.#options.localAddressesAllowed }) === null;
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

// Both families of addresses (BEP 32): which of them are crawled, from which local address, and what happens when an
// address of this machine comes or goes. IPv6 runs beside IPv4 as soon as there is a global unicast address, unless an
// address was chosen by hand: whoever binds to an IPv4 address (a VPN's, say) wants nothing to go any other way.
// Each family has its own node, id, table, budget and scraper; half of the pace is for each while there are two.
import type { DhtDependencies } from '../dht/dht-contract.ts';
import { DhtNode, type BootstrapHost } from '../dht/dht-node.ts';
import { ScrapeLoop, type ScrapeDependencies } from '../scrape/scrape-loop.ts';
import { bindProblem } from './bind-problem.ts';
import type { EngineOptions, Ipv6State, Pace } from './engine-contract.ts';
import { FamilyCrawl, type SavedCrawl } from './family-crawl.ts';
import { LocalAddresses, type ReadAddresses } from './local-addresses.ts';

const ANY_IPV4 = '0.0.0.0';
const TRY_BESIDE_EVERY_MS = 10_000;
/** protocol.md 5.2: conntrack tables count IPv6 flows as well, so two families share one pace. */
const SHARE_OF_TWO = 0.5;

export interface FamiliesDependencies extends DhtDependencies {
  readonly localAddresses: ReadAddresses;
  /** Before its socket is opened. */
  readonly onCreated: (crawl: FamilyCrawl, family: 4 | 6) => void;
  /** All that a scraper needs but its node. */
  readonly scrape: Omit<ScrapeDependencies, 'dht'>;
}

export interface SavedFamilies {
  readonly v4: SavedCrawl | null;
  readonly v6: SavedCrawl | null;
}

type Family = 4 | 6;

export class Families {
  readonly #dependencies: FamiliesDependencies;
  readonly #options: EngineOptions;
  readonly #bootstrap: readonly BootstrapHost[];
  readonly #addresses: LocalAddresses;
  readonly #createdAtMs: number;
  #main: FamilyCrawl | null = null;
  /** IPv6 beside IPv4. */
  #beside: FamilyCrawl | null = null;
  #besideHost: string | null = null;
  #saved: SavedFamilies = { v4: null, v6: null };
  #pace: Pace;
  #isPaused: boolean;
  #hasStopped = false;
  #tryBesideAtMs = Infinity;
  #besideFailure: string | null = null;

  constructor(dependencies: FamiliesDependencies, options: EngineOptions, bootstrap: readonly BootstrapHost[]) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#bootstrap = bootstrap;
    this.#pace = options.pace;
    this.#isPaused = options.startPaused;
    const { clock, localAddresses } = dependencies;
    this.#createdAtMs = clock.nowMs();
    this.#addresses = new LocalAddresses(clock, localAddresses, (haveChanged) => this.#looked(haveChanged));
  }

  /** The one that is asked about port and id; null before start. */
  get main(): FamilyCrawl | null {
    return this.#main;
  }

  get all(): readonly FamilyCrawl[] {
    return [this.#main, this.#beside].filter((crawl) => crawl !== null);
  }

  get started(): readonly FamilyCrawl[] {
    return this.all.filter(({ hasStarted }) => hasStarted);
  }

  get nodes4(): number {
    return this.#mainFamily === 4 ? (this.#main?.nodeCount ?? 0) : 0;
  }

  get nodes6(): number {
    return (this.#mainFamily === 6 ? this.#main : this.#beside)?.nodeCount ?? 0;
  }

  get ipv6(): Ipv6State {
    if (this.#mainFamily === 6) return 'running';
    if (!this.#isBesideWanted) return 'off';
    return this.#beside?.hasStarted === true && this.#besideHost !== null ? 'running' : 'not-available';
  }

  /** Rejects if the main family has no socket; the other one is tried again when addresses change. */
  async start(saved: SavedFamilies): Promise<void> {
    this.#saved = saved;
    const { bindHost } = this.#options;
    const main = this.#create(this.#mainFamily, bindHost, null);
    this.#main = main;
    await main.start(this.#mainFamily === 4 ? saved.v4 : saved.v6);
    if (this.#hasStopped) return;
    this.#addresses.isGone(bindHost); // from now on it is missed
    this.#addresses.start();
    await this.#considerBeside();
  }

  pause(): void {
    this.#isPaused = true;
    for (const crawl of this.all) crawl.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const crawl of this.all) crawl.resume();
  }

  setPace(pace: Pace): void {
    this.#pace = pace;
    for (const crawl of this.all) crawl.setPace(pace);
  }

  /** What is to be saved; a family that did not run keeps what it had. */
  save(): SavedFamilies {
    const main = this.#main?.hasStarted === true ? this.#main.save() : null;
    const beside = this.#beside?.hasStarted === true ? this.#beside.save() : null;
    const { v4, v6 } = this.#saved;
    const isMain4 = this.#mainFamily === 4;
    return { v4: isMain4 ? main : this.#aged(v4), v6: isMain4 ? (beside ?? this.#aged(v6)) : main };
  }

  silence(): void {
    this.#hasStopped = true;
    this.#addresses.stop();
    for (const crawl of this.all) crawl.silence();
  }

  async stop(): Promise<void> {
    for (const crawl of this.all) await crawl.stop();
  }

  checkInvariants(): void {
    for (const crawl of this.all) crawl.checkInvariants();
  }

  get #mainFamily(): Family {
    return this.#options.bindHost.includes(':') ? 6 : 4;
  }

  get #isBesideWanted(): boolean {
    const { bindHost, bindHost6, hasIpv6 = true } = this.#options;
    return bindHost6 !== undefined || (hasIpv6 && bindHost === ANY_IPV4);
  }

  /** `beside`: the main family, if it is not the one to be made. */
  #create(family: Family, bindHost: string, beside: FamilyCrawl | null): FamilyCrawl {
    const { counters, scrape, onCreated } = this.#dependencies;
    const { port, isServing, localAddressesAllowed } = this.#options;
    const savedPort = (family === 4 ? this.#saved.v4 : this.#saved.v6)?.port ?? 0;
    const node = new DhtNode(
      { ...this.#dependencies, counters },
      {
        bindHost,
        // Keeps our address the same for who remembers us; if somebody has that port now, any other will do.
        port: beside === null ? port : 0,
        preferredPort: beside === null ? savedPort : port || savedPort || beside.node.localPort,
        bootstrap: this.#bootstrap,
        isServing,
        localAddressesAllowed,
        nodeId: null, // the saved table brings the own id with it
      },
    );
    const loop = new ScrapeLoop(
      { ...scrape, dht: node },
      { pace: this.#pace, localAddressesAllowed, family, ...(beside === null ? {} : { memory: beside.scrape.memory }) },
    );
    const crawl = new FamilyCrawl(node, loop, this.#isPaused);
    onCreated(crawl, family);
    return crawl;
  }

  /** What was read at the start, to be saved again: its nodes have been silent for longer now. */
  #aged(saved: SavedCrawl | null): SavedCrawl | null {
    if (saved === null) return null;
    const seconds = Math.round((this.#dependencies.clock.nowMs() - this.#createdAtMs) / 1000);
    const nodes = saved.table.nodes.map((node) => ({
      ...node,
      lastHeardAgoSeconds: node.lastHeardAgoSeconds < 0 ? -1 : node.lastHeardAgoSeconds + seconds,
    }));
    return { ...saved, table: { ...saved.table, nodes } };
  }

  #looked(haveChanged: boolean): void {
    const nowMs = this.#dependencies.clock.nowMs();
    if (haveChanged) this.#addressesChanged();
    // An address that has just come cannot be bound for a second or two: the system looks whether it is the only one.
    else if (nowMs >= this.#tryBesideAtMs) void this.#considerBeside();
  }

  #addressesChanged(): void {
    const { log } = this.#dependencies;
    const { bindHost } = this.#options;
    const main = this.#main;
    if (main === null || this.#hasStopped) return;
    log.info('The addresses of this machine have changed.');
    if (bindHost === ANY_IPV4 || bindHost === '::') main.node.networkChanged();
    else {
      // Nothing goes out another way: without its address the node is still.
      const isGone = this.#addresses.isGone(bindHost);
      if (isGone) log.warn(`${bindHost} is no address of this machine any more; nothing is sent until it is back.`);
      main.node.rebind(isGone ? null : bindHost);
    }
    void this.#considerBeside();
  }

  /** Starts IPv6, moves it to another address, or makes it wait for one. Never rejects. */
  async #considerBeside(): Promise<void> {
    const main = this.#main;
    if (!this.#isBesideWanted || main === null) return;
    const chosen = this.#options.bindHost6;
    const isChosenGone = chosen !== undefined && this.#addresses.isGone(chosen);
    const host = chosen === undefined ? this.#addresses.global6(this.#besideHost) : isChosenGone ? null : chosen;
    if (host === this.#besideHost) return;
    this.#besideHost = host;
    this.#tryBesideAtMs = Infinity;
    if (this.#beside === null && host !== null) await this.#startBeside(host, main);
    else if (this.#beside?.hasStarted === true) this.#beside.node.rebind(host);
    this.#shareOut();
  }

  async #startBeside(host: string, main: FamilyCrawl): Promise<void> {
    const { clock, log } = this.#dependencies;
    const beside = this.#create(6, host, main);
    this.#beside = beside;
    try {
      await beside.start(this.#saved.v6);
      if (this.#hasStopped) return;
      main.node.pairWith(beside.node);
      beside.node.pairWith(main.node);
      if (this.#besideHost !== host) beside.node.rebind(this.#besideHost); // it changed while the socket was opened
      this.#besideFailure = null;
      log.info(`IPv6 from ${host}, UDP port ${beside.node.localPort}`);
    } catch (error) {
      this.#beside = null;
      this.#besideHost = null;
      const isFirst = this.#besideFailure === null;
      this.#besideFailure = bindProblem(error);
      this.#tryBesideAtMs = clock.nowMs() + TRY_BESIDE_EVERY_MS;
      if (isFirst) log.warn(`IPv6 cannot be used now: ${this.#besideFailure}. IPv4 goes on alone.`);
    }
  }

  #shareOut(): void {
    const isShared = this.ipv6 === 'running' && this.#beside !== null;
    for (const { scrape } of this.all) scrape.setShare(isShared ? SHARE_OF_TWO : 1);
  }
}

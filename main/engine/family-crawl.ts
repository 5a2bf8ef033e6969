// The crawl of one family of addresses (BEP 32: two DHTs): a node and the scraper on top of it. Two of them run beside each
// other where there is IPv6; what they share is handed in: counters, the scraper's memory, where peers go.
import { bytesEqual } from '../base/bytes.ts';
import type { DhtNode, SavedTable } from '../dht/dht-node.ts';
import type { Bencodable } from '../dht/routing-table-file.ts';
import type { ScrapeLoop } from '../scrape/scrape-loop.ts';
import type { Pace } from './engine-contract.ts';

export interface SavedCrawl {
  readonly table: SavedTable;
  /** Opaque here: what ScrapeLoop.save() gave. */
  readonly scrape: Bencodable | null;
  /** 0: unknown. */
  readonly port: number;
}

export class FamilyCrawl {
  readonly node: DhtNode;
  readonly scrape: ScrapeLoop;
  #hasStarted = false;
  #hasStopped = false;
  #isPaused: boolean;

  constructor(node: DhtNode, scrape: ScrapeLoop, isPaused: boolean) {
    this.node = node;
    this.scrape = scrape;
    this.#isPaused = isPaused;
    node.onNodes = (nodes, from) => scrape.offerNodes(nodes, from);
    node.onRetired = (retired) => scrape.offerRetired(retired);
  }

  /** The socket is open, and the saved tables are back. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get nodeCount(): number {
    return this.#hasStarted ? this.scrape.nodeCount : 0;
  }

  /** Rejects if no socket can be had. */
  async start(saved: SavedCrawl | null): Promise<void> {
    const savedId = saved?.table.selfId ?? null;
    const starting = this.node.start(saved?.table ?? null);
    // At once, not when the socket is open: no datagram leaves in between.
    if (this.#isPaused) this.node.pause();
    await starting;
    if (this.#hasStopped) return;
    const ownIdChanged = savedId === null || !bytesEqual(savedId, this.node.nodeId);
    if (saved !== null) this.scrape.restore(saved.scrape, { ownIdChanged });
    if (this.#isPaused) this.scrape.pause();
    this.scrape.start();
    this.#hasStarted = true;
  }

  pause(): void {
    this.#isPaused = true;
    this.node.pause();
    this.scrape.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.node.resume();
    this.scrape.resume();
  }

  setPace(pace: Pace): void {
    this.scrape.setPace(pace);
  }

  save(): SavedCrawl {
    return { table: this.node.save(), scrape: this.scrape.save(), port: this.node.localPort };
  }

  /** Nothing is sent from now on; the tables can still be saved. */
  silence(): void {
    this.#hasStopped = true;
    this.scrape.stop();
    this.node.pause();
  }

  /** After silence. */
  stop(): Promise<void> {
    return this.node.stop();
  }

  checkInvariants(): void {
    this.node.checkInvariants();
    this.scrape.checkInvariants();
  }
}

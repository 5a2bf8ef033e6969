// What a benchmark says to the side it measures, one line of JSON each.

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface SideOptions extends Endpoint {
  readonly bootstrap: Endpoint;
  /** With the product's own rates, as a node that only keeps itself alive. */
  readonly isIdle?: boolean;
  /** A bare side on our compiled socket instead of node:dgram. */
  readonly isNative?: boolean;
}

export interface CrawlCommand {
  readonly do: 'crawl';
  /** `product`: the scrape loop at this pace. `node`: the node, asked for samples by a loop like the scraper's. */
  readonly driver: 'product' | 'node';
  readonly queriesPerSecond: number;
  readonly seconds: number;
  /** Measures the delay of the event loop too, which costs a timer. */
  readonly measuresDelay?: boolean;
}

/** So many queries at once, and a thread that is blocked while their answers arrive. */
export interface BurstCommand {
  readonly do: 'burst';
  readonly answers: number;
  readonly blockedMs: number;
}

export type Command =
  | { readonly do: 'nodes' }
  /** Collects everybody it hears of from now on, to be asked by a crawl or a burst. */
  | { readonly do: 'meet' }
  | { readonly do: 'contacts' }
  | { readonly do: 'lookups'; readonly infohashes: readonly string[] }
  | CrawlCommand
  | BurstCommand;

/** How often a crawl sends what it owes: the scrape loop's beat. */
export const CRAWL_TICK_MS = 50;

/** Where a node of simulated-network.c is; see address_of there. */
export function nodeAddress(node: number): string {
  return `127.${20 + (node % 200)}.${Math.floor(node / 200) % 250}.${1 + Math.floor(node / 50_000)}`;
}

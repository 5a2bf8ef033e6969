// Our side of a simulated crawl: the production node and the production scrape loop, joined as engine/discovery.ts joins
// them, with nothing behind them but a list of what was found.
import { toKey } from '../../../main/base/bytes.ts';
import { silentLog } from '../../../main/base/log.ts';
import { createSeededRandom } from '../../../main/base/random.ts';
import { DhtNode, type SavedTable } from '../../../main/dht/dht-node.ts';
import type { Pace } from '../../../main/scrape/pace-profiles.ts';
import { ScrapeLoop, type ScrapeOptions } from '../../../main/scrape/scrape-loop.ts';
import { Counters } from '../../../main/stats/counters.ts';
import type { SimulatedClock } from '../simulated-clock.ts';
import { MAP_PORT } from './crawl-map.ts';
import { CLIENT_HOST, ROUTER_HOST, type CrawlNetwork } from './crawl-network.ts';

/** A batch of questions to the store takes so long. */
const STORE_ANSWERS_AFTER_MS = 3;

export interface ProductionCrawlOptions extends ScrapeOptions {
  readonly seed: number;
  readonly pace?: Pace;
  /** Of an earlier run. */
  readonly saved?: { readonly table: SavedTable; readonly scrape: unknown };
}

export interface ProductionCrawl {
  readonly node: DhtNode;
  readonly loop: ScrapeLoop;
  readonly counters: Counters;
  /** Infohashes with peers, by toKey. */
  readonly found: Set<string>;
  readonly stop: () => Promise<void>;
}

/** Cold unless `saved`: then one router is all that is known. */
export async function startProductionCrawl(
  network: CrawlNetwork,
  clock: SimulatedClock,
  { seed, saved, ...options }: ProductionCrawlOptions,
): Promise<ProductionCrawl> {
  const counters = new Counters();
  const random = createSeededRandom(seed ^ 0xc4a71);
  const node = new DhtNode(
    {
      clock,
      random,
      log: silentLog,
      counters,
      openSocket: network.openSocket,
      resolveHost: () => Promise.reject(new Error('no names here')),
    },
    {
      bindHost: CLIENT_HOST,
      port: MAP_PORT,
      bootstrap: [{ host: ROUTER_HOST, port: MAP_PORT }],
      isServing: false,
      localAddressesAllowed: false,
      nodeId: null,
    },
  );
  const found = new Set<string>();
  const loop = new ScrapeLoop(
    {
      clock,
      random,
      log: silentLog,
      counters,
      dht: node,
      onPeers: (infohash) => found.add(toKey(infohash)),
      areKnown: (infohashes, onAnswer) =>
        clock.setTimer(STORE_ANSWERS_AFTER_MS, () =>
          onAnswer(infohashes.map((infohash) => found.has(toKey(infohash)))),
        ),
      wantsMore: () => true,
    },
    options,
  );
  node.onNodes = (nodes, from) => loop.offerNodes(nodes, from);
  node.onRetired = (retired) => loop.offerRetired(retired);
  await node.start(saved?.table ?? null);
  if (saved) loop.restore(saved.scrape, { ownIdChanged: false });
  loop.start();
  const stop = async () => {
    loop.stop();
    await node.stop();
  };
  return { node, loop, counters, found, stop };
}

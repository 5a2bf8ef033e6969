// Crawling at a given pace, for the benchmarks: with the product's own scrape loop, or (at paces that no profile of the
// product reaches) with the product's node, asked for samples every 50 ms as the scrape loop does, every infohash
// remembered in the product's filter.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { HASH_KEY_BYTES } from '../../../main/base/keyed-hash.ts';
import { contactText, type Contact } from '../../../main/base/contact.ts';
import type { DhtDependencies, DhtNode } from '../../../main/dht/dht-node.ts';
import { RecentInfohashes } from '../../../main/scrape/infohash-filters.ts';
import { ScrapeLoop } from '../../../main/scrape/scrape-loop.ts';
import type { ScrapeDht } from '../../../main/scrape/scrape-dht.ts';
import { CRAWL_TICK_MS, type BurstCommand, type CrawlCommand } from './commands.ts';

const DELAY_RESOLUTION_MS = 2;
/** Enough for every pace; met within seconds, so that what is measured is the crawl and not the making of this list. */
const CONTACTS_MAX = 16_384;

/** One for all crawls of this process, as in the app: to touch its memory for the first time is not what is measured. */
let recentOfAll: RecentInfohashes | null = null;
/** One as well, which goes on with the tables, filters and code that it has by then. It rests while others are measured. */
let loopOfAll: ScrapeLoop | null = null;

export interface CrawlResult {
  readonly queriesPerSecond: number;
  readonly repliesPerSecond: number;
  readonly newInfohashesPerSecond: number;
  /** Beyond the resolution of the measurement; 0 when not measured. */
  readonly delayP99Ms: number;
}

/** Everybody the node hears of, in turn. */
export class ContactPool {
  readonly #texts = new Set<string>();
  readonly #contacts: Contact[] = [];
  #next = 0;

  add(contact: Contact): void {
    if (this.#contacts.length >= CONTACTS_MAX) return;
    const text = contactText(contact);
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    this.#contacts.push(contact);
  }

  get size(): number {
    return this.#contacts.length;
  }

  next(): Contact | undefined {
    return this.#contacts[this.#next++ % this.#contacts.length];
  }
}

export async function crawl(
  node: DhtNode,
  dependencies: DhtDependencies,
  pool: ContactPool,
  command: CrawlCommand,
): Promise<CrawlResult> {
  const { counters } = dependencies;
  const stop =
    command.driver === 'product'
      ? startProduct(node, dependencies, command)
      : startNode(node, dependencies, pool, command);
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  if (command.measuresDelay === true) delays.enable();
  const before = { ...counters };
  const startedAtMs = performance.now();
  await sleep(command.seconds * 1000);
  const seconds = (performance.now() - startedAtMs) / 1000;
  delays.disable();
  stop();
  return {
    queriesPerSecond: (counters.queriesSent - before.queriesSent) / seconds,
    repliesPerSecond: (counters.repliesReceived - before.repliesReceived) / seconds,
    newInfohashesPerSecond: (counters.infohashesNew - before.infohashesNew) / seconds,
    delayP99Ms: command.measuresDelay === true ? delays.percentile(99) / 1e6 - DELAY_RESOLUTION_MS : 0,
  };
}

/** Asks `answers` nodes at once, blocks the thread while they answer, and says how many were heard. */
export async function burst(node: DhtNode, pool: ContactPool, command: BurstCommand): Promise<{ heard: number }> {
  let heard = 0;
  for (let sent = 0; sent < command.answers; sent++) {
    const contact = pool.next()!;
    node.query(contact, { method: 'find_node', target: node.nodeId }, ({ kind }) => {
      if (kind === 'reply') heard++;
    });
  }
  await new Promise(setImmediate); // what was queued leaves now
  const untilMs = performance.now() + command.blockedMs;
  while (performance.now() < untilMs);
  await sleep(1_000);
  return { heard };
}

function startProduct(node: DhtNode, dependencies: DhtDependencies, command: CrawlCommand): () => void {
  const rates = {
    newAddressesPerSecond: command.queriesPerSecond,
    packetsPerSecond: command.queriesPerSecond,
    perAddressPerSecond: 1,
    perAddressBurst: 4,
  };
  node.budget.setRates(rates, dependencies.clock.nowMs());
  const loop = (loopOfAll ??= startedLoop(node, dependencies));
  loop.resume();
  return () => undefined;
}

function startedLoop(node: DhtNode, dependencies: DhtDependencies): ScrapeLoop {
  const loop = new ScrapeLoop(
    {
      ...dependencies,
      dht: atFixedPace(node),
      onPeers: () => undefined,
      areKnown: (infohashes, answer) => answer(infohashes.map(() => false)),
      wantsMore: () => true,
    },
    { pace: 'fast', localAddressesAllowed: true },
  );
  node.onNodes = (nodes, from) => loop.offerNodes(nodes, from);
  loop.start();
  return loop;
}

/** The pace is the benchmark's: what the scraper's own controller chooses goes nowhere. */
function atFixedPace(node: DhtNode): ScrapeDht {
  const { table, budget } = node;
  return {
    table,
    budget: {
      canSend: (contact, nowMs) => budget.canSend(contact, nowMs),
      newAddressesAvailable: (nowMs) => budget.newAddressesAvailable(nowMs),
      setRates: () => undefined,
    },
    query: (contact, query, onOutcome) => node.query(contact, query, onOutcome),
    lookupPeers: (infohash, onDone) => node.lookupPeers(infohash, onDone),
    get nodeId() {
      return node.nodeId;
    },
    get isPaused() {
      return node.isPaused;
    },
    get isSilent() {
      return node.isSilent;
    },
  };
}

function startNode(
  node: DhtNode,
  { clock, random, counters }: DhtDependencies,
  pool: ContactPool,
  { queriesPerSecond }: CrawlCommand,
): () => void {
  loopOfAll?.pause();
  const recent = (recentOfAll ??= new RecentInfohashes(random.bytes(HASH_KEY_BYTES), clock.nowMs()));
  let tickedAtMs = clock.nowMs();
  let owed = 0;
  const timer = clock.setRepeating(CRAWL_TICK_MS, () => {
    const nowMs = clock.nowMs();
    owed = Math.min(queriesPerSecond, owed + ((nowMs - tickedAtMs) / 1000) * queriesPerSecond);
    tickedAtMs = nowMs;
    for (; owed >= 1; owed--) {
      const contact = pool.next();
      if (contact === undefined) return;
      node.query(contact, { method: 'sample_infohashes', target: random.bytes(20) }, (outcome) => {
        const samples = outcome.kind === 'reply' ? outcome.reply.samples : null;
        if (samples === null) return;
        recent.lookAhead(samples);
        for (let index = 0; index < samples.length; index++)
          if (recent.insertAhead(index, nowMs)) counters.infohashesNew++;
      });
    }
  });
  return () => timer.cancel();
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

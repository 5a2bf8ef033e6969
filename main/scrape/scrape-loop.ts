// The scraper (BEP 51): nodes all over the key space are sampled, each at most once in 24 hours, and asked for the peers of
// what they sampled. Which node is next is the strategy's to say: the user's two loops, and ours (strategy.ts).
// One tick of 100 ms does a bounded amount of each step; nothing waits, and no query has a timer of its own. This file
// wires the parts and owns their order:
//   answers > get_peers to those who just sampled > samples > whole lookups.
// Sampling is demand-driven: none while triage, get_peers or the metadata queue (wantsMore) is above its high-water mark.
import { assert } from '../base/assert.ts';
import { BEAT_MS, beatFrom } from '../base/beat.ts';
import type { Timer } from '../base/clock.ts';
import type { NodeContact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { ClientVersions } from '../stats/client-versions.ts';
import { FindNodeRests } from './find-node-rests.ts';
import { Harvest } from './harvest.ts';
import { NeedleTables } from './needle-tables.ts';
import { PaceController } from './pace.ts';
import type { Pace } from './pace-profiles.ts';
import type { PeerStages } from './peer-stages.ts';
import { NEW_CONTACTS_PER_REPLY_MAX, Referrers } from './referrers.ts';
import type { RetiredNode } from './retired-nodes.ts';
import { Sampler } from './sampler.ts';
import { asSavedTable, type BencodableScrape, packScrape, type SavedNeedle, unpackScrape } from './saved-scrape.ts';
import { createScout, type Scout } from './scout.ts';
import type { ScrapeDependencies, ScrapeFigures, ScrapeOptions } from './scrape-contract.ts';
import { ScrapeMemory } from './scrape-memory.ts';
import { needleCountOf, STRATEGY_DEFAULT } from './strategy.ts';

export type * from './scrape-contract.ts';

/** protocol.md 6.2 says 50: half of the wake-ups are saved, and nobody else's limit is about less than a second. */
const TICK_MS = BEAT_MS;
/** At first: the first infohash is waited for, and the node, which joins, takes what there is to send at each beat. */
const FIRST_TICK_MS = BEAT_MS / 2;
const FIRST_FOR_MS = 10_000;
/** With nothing to send there is nothing to hurry for. */
const IDLE_TICK_MS = 500;
/** Samples started in one tick at most. */
const SAMPLES_PER_TICK_MAX = 32;
/** Every other one: the node looks after itself as often as we tick. */
const SAMPLE_AT_LEAST_EVERY_TICKS = 1.5;
/** When the network is away one probe leaves this often. */
const PROBE_EVERY_MS = 10_000;
/** Candidates of each needle that are saved. */
const CANDIDATES_SAVED = 64;

export class ScrapeLoop {
  readonly memory: ScrapeMemory;
  readonly clientVersions: ClientVersions;
  readonly #dependencies: ScrapeDependencies;
  readonly #pace: PaceController;
  readonly #referrers = new Referrers();
  readonly #tables: NeedleTables;
  readonly #sampler: Sampler;
  /** Finds candidates when the tables have too few. */
  readonly #scout: Scout;
  readonly #harvest: Harvest;
  #timer: Timer | null = null;
  #tickMs = FIRST_TICK_MS;
  #delayMs = 0;
  #runsSinceMs = 0;
  readonly #isMemoryOurs: boolean;
  #isStarted = false;
  #isPaused = false;
  #probedAtMs = -Infinity;
  #sampledAtMs = -Infinity;

  constructor(dependencies: ScrapeDependencies, options: ScrapeOptions = {}) {
    const { clock, random, log, counters, dht } = dependencies;
    this.#dependencies = dependencies;
    const strategy = options.strategy ?? STRATEGY_DEFAULT;
    const isOwnNetwork = options.localAddressesAllowed ?? false;
    const onRest = () => log.warn('The network seems overloaded: no sampling for five minutes.');
    this.#pace = new PaceController(options.pace ?? 'balanced', clock.nowMs(), onRest, isOwnNetwork);
    this.#isMemoryOurs = options.memory === undefined;
    this.memory = options.memory ?? new ScrapeMemory(clock, random, counters);
    this.clientVersions = this.memory.versions;
    this.#tables = new NeedleTables({
      clock,
      random,
      counters,
      referrers: this.#referrers,
      needleCount: options.needleCount ?? needleCountOf(strategy),
      family: options.family,
      strategy,
      isOnePerSubnet: !isOwnNetwork,
      isResting: (host) => this.memory.cooldown.isResting(host),
      isInMainTable: (contact) => dht.table.find(contact) !== null,
    });
    this.#harvest = new Harvest({
      clock,
      random,
      counters,
      dht,
      memory: this.memory,
      areKnown: dependencies.areKnown,
      onSighted: dependencies.onSighted,
      onPeers: dependencies.onPeers,
      nodesNear: (infohash, count) => this.#tables.bestMatch(infohash).routing.closest(infohash, count),
      onNew: (from) => this.#tables.bestMatch(from.id).noteInfohashes(0, 1, clock.nowMs()),
      onBarren: (node) => this.#distrust(node),
    });
    const parts = {
      clock,
      random,
      dht,
      tables: this.#tables,
      cooldown: this.memory.cooldown,
      referrers: this.#referrers,
    };
    this.#scout = createScout(strategy, { ...parts, rests: new FindNodeRests(random, clock.nowMs()) });
    this.#sampler = new Sampler({
      ...parts,
      counters,
      versions: this.clientVersions,
      strategy,
      onRoundTrip: (roundTripMs) => this.#pace.noteRoundTrip(roundTripMs),
      onSamples: (node, version, samples) => this.#harvest.take(node, version, samples),
    });
  }

  /** Where peers are looked for; to be told what came of those that were named. */
  get stages(): PeerStages {
    return this.#harvest.stages;
  }

  /** Lookups that wait for their turn: while there are some, nothing needs to come from the retry ladder. */
  get lookupsWaiting(): number {
    return this.#harvest.lookupsWaiting;
  }

  start(): void {
    assert(!this.#isStarted, 'the scraper is started once');
    this.#isStarted = true;
    this.#tables.recountAll(); // the main table may have been restored after ours
    if (!this.#isPaused) this.#run();
  }

  /** Nothing is sent any more, and nothing is left running. */
  stop(): void {
    this.#isStarted = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#harvest.stop();
  }

  pause(): void {
    this.#isPaused = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#isStarted) this.#run();
  }

  setPace(pace: Pace): void {
    this.#pace.setPace(pace, this.#dependencies.clock.nowMs());
    this.#applyRates();
  }

  /** Of the pace's rates: the other family has the rest. */
  setShare(share: number): void {
    this.#pace.share = share;
    this.#applyRates();
  }

  /** Nodes learnt from any reply; `from` answers for them with its budget. */
  offerNodes(nodes: readonly NodeContact[], from: NodeContact): void {
    if (this.#scout.hear(nodes)) return;
    let offeredCount = 0;
    for (const node of nodes) {
      if (offeredCount >= NEW_CONTACTS_PER_REPLY_MAX) return;
      const referrer = this.#referrers.withRoom(from.contact.host);
      if (referrer === null) return;
      if (this.#tables.offer(node, referrer)) offeredCount++;
    }
  }

  offerRetired(node: RetiredNode): void {
    this.#tables.offerRetired(node);
  }

  /** `infohashes` (n x 20 bytes) are stored or proven invalid: they need not be asked for. Enters in slices, tick by tick. */
  warmUp(infohashes: Uint8Array): void {
    assert(infohashes.length % IDENTIFIER_BYTES === 0, 'infohashes have 20 bytes each');
    this.#harvest.warmUp(infohashes);
  }

  /** Nodes in the main table and in the needle tables, each counted once (the latter as of a few seconds ago). */
  get nodeCount(): number {
    return this.#dependencies.dht.table.nodeCount + this.#tables.ownNodeCount;
  }

  figures(): ScrapeFigures {
    const nowMs = this.#dependencies.clock.nowMs();
    return {
      pace: this.#pace.figures(nowMs),
      needles: this.#tables.figures(nowMs),
      cooldownBytes: this.memory.cooldown.allocatedBytes,
      ...this.#harvest.figures(),
    };
  }

  save(): BencodableScrape {
    const needles: SavedNeedle[] = this.#tables.all.map(({ needle, routing, candidates }) => ({
      needle,
      nodes: routing.save().nodes,
      candidates: candidates.best(CANDIDATES_SAVED).map((candidate) => candidate.node),
    }));
    return packScrape({
      savedAtUnixSeconds: this.#dependencies.clock.nowUnixSeconds(),
      needles,
      ...this.memory.save(this.#isMemoryOurs),
    });
  }

  /** To be called before start. With the own id unchanged everything is put back as it was, else through insert. */
  restore(value: unknown, { ownIdChanged }: { readonly ownIdChanged: boolean }): void {
    const saved = unpackScrape(value, this.#dependencies.clock.nowUnixSeconds());
    if (saved === null) return;
    if (this.#isMemoryOurs) {
      this.memory.cooldown.restore(saved.cooldown);
      this.#harvest.useKeys(saved.infohashKeys);
    }
    if (ownIdChanged) this.#tables.reinsert(saved.needles.flatMap(({ nodes }) => nodes));
    else this.#tables.restore(saved.needles.map(asSavedTable));
    for (const { candidates } of saved.needles) for (const node of candidates) this.#tables.offer(node, null);
  }

  checkInvariants(): void {
    this.#pace.checkInvariants();
    this.memory.cooldown.checkInvariants();
    this.#tables.checkInvariants();
    this.#sampler.checkInvariants();
    this.#scout.checkInvariants();
    this.#harvest.checkInvariants();
    assert(this.#timer === null || (this.#isStarted && !this.#isPaused), 'a timer runs although nothing should');
  }

  #run(): void {
    const nowMs = this.#dependencies.clock.nowMs();
    this.#pace.forgetPast(nowMs);
    this.#applyRates();
    this.#runsSinceMs = nowMs;
    this.#arm(FIRST_TICK_MS);
  }

  #arm(delayMs: number): void {
    const { clock } = this.#dependencies;
    const nowMs = clock.nowMs();
    this.#tickMs = nowMs - this.#runsSinceMs < FIRST_FOR_MS ? FIRST_TICK_MS : TICK_MS;
    this.#delayMs = beatFrom(nowMs + delayMs - this.#tickMs / 2, this.#tickMs) - nowMs;
    this.#timer = clock.setTimer(Math.ceil(this.#delayMs), () => {
      this.#timer = null;
      const isBusy = this.#tick();
      if (this.#isStarted && !this.#isPaused && this.#timer === null) this.#arm(isBusy ? this.#tickMs : IDLE_TICK_MS);
    });
  }

  /** True while there is work that should not wait for half a second. */
  #tick(): boolean {
    const { clock, dht, counters, wantsMore } = this.#dependencies;
    const nowMs = clock.nowMs();
    const observation = { ...this.#sampler.totals, sendErrors: counters.dropped.get('socket-error') };
    if (this.#pace.tick(nowMs, this.#delayMs, observation)) this.#applyRates();
    const mayAsk = wantsMore() && !this.#pace.isResting(nowMs);
    this.#harvest.tick(nowMs, mayAsk && !dht.isSilent);
    this.#tables.tick(nowMs);
    const maySample = mayAsk && !this.#harvest.isBusy;
    if (maySample) this.#sample(nowMs);
    return this.#harvest.hasWork(mayAsk) || (maySample && this.#tables.candidateCount > 0);
  }

  #sample(nowMs: number): void {
    const { dht } = this.#dependencies;
    if (dht.isSilent) {
      if (nowMs - this.#probedAtMs >= PROBE_EVERY_MS && this.#sampler.tick(nowMs, 1) > 0) this.#probedAtMs = nowMs;
      return;
    }
    const available = dht.budget.newAddressesAvailable(nowMs);
    // The last one is left to the node's own upkeep, yet not for long: while it joins it takes all there is.
    const ours = nowMs - this.#sampledAtMs >= SAMPLE_AT_LEAST_EVERY_TICKS * this.#tickMs ? available : available - 1;
    if (this.#sampler.tick(nowMs, Math.min(ours, SAMPLES_PER_TICK_MAX)) > 0) this.#sampledAtMs = nowMs;
    this.#scout.tick(nowMs);
  }

  #applyRates(): void {
    const { dht, clock } = this.#dependencies;
    dht.budget.setRates(this.#pace.rates, clock.nowMs());
  }

  #distrust({ contact }: NodeContact): void {
    // Its 24 hours begin anew, and nobody it names is believed to exist.
    this.memory.cooldown.mark(contact.host);
    this.#referrers.distrust(contact.host);
    this.#dependencies.counters.dropped.count('fabricated-samples');
  }
}

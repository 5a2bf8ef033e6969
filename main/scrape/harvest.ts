// From a sample to peers: each infohash passes triage (have we met it? does the store have it?), then the node that gave
// it is asked for peers, then, rarely, the whole network. Everything here is bounded, and isBusy stops further sampling.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { asInfohash, IDENTIFIER_BYTES, type Infohash } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { QueryOutcome } from '../dht/dht-node.ts';
import type { Counters } from '../stats/counters.ts';
import type { InfohashList } from '../wire/infohash-list.ts';
import { GetPeersList, INFOHASHES_PER_NODE_MAX, type SampleSource, type SendVerdict } from './get-peers-list.ts';
import type { FilterFigures, SavedInfohashKeys } from './infohash-filters.ts';
import { type AskKnown, InfohashTriage } from './infohash-triage.ts';
import { LookupShare } from './lookup-share.ts';
import { PeerLookups } from './peer-lookups.ts';
import { type PeerStage, PeerStages } from './peer-stages.ts';
import type { ScrapeDht } from './scrape-dht.ts';
import type { ScrapeMemory } from './scrape-memory.ts';

const LOOKUP_SEEDS = 16;

export interface HarvestDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly dht: ScrapeDht;
  /** Shared with the other family's. */
  readonly memory: ScrapeMemory;
  readonly areKnown: AskKnown;
  /** The infohash is the caller's as soon as it returns. */
  readonly onSighted: ((infohash: Infohash) => void) | undefined;
  readonly onPeers: (infohash: Infohash, peers: Contact[], stage: PeerStage) => void;
  /** The nodes nearest to an infohash that the needle tables know: a whole lookup begins with them too. */
  readonly nodesNear: (infohash: Infohash, count: number) => readonly NodeContact[];
  /** Neither we nor the store have met it. */
  readonly onNew: (from: NodeContact) => void;
  /** 20 infohashes and no peer for any: they were probably invented. */
  readonly onBarren: (node: NodeContact) => void;
}

/** How much waits on the way from sample to peers, and how full the filters are. */
export interface HarvestFigures {
  /** Infohashes waiting for a question to the store or for its answer. */
  readonly triageWaiting: number;
  /** New infohashes whose source is still to be asked for peers. */
  readonly getPeersWaiting: number;
  /** Infohashes without peers at their source, waiting for a whole lookup. */
  readonly lookupsWaiting: number;
  readonly known: FilterFigures;
  readonly recent: FilterFigures;
}

export class Harvest {
  /** Where the peers of each infohash are looked for; whoever fetches tells it what came of them. */
  readonly stages: PeerStages;
  readonly #dependencies: HarvestDependencies;
  readonly #getPeers: GetPeersList;
  readonly #lookups: PeerLookups;
  readonly #share: LookupShare;
  /** The one that is looked at. */
  readonly #infohash = asInfohash(new Uint8Array(IDENTIFIER_BYTES));
  #triage: InfohashTriage<SampleSource>;

  constructor(dependencies: HarvestDependencies) {
    const { clock, counters, dht, memory, onPeers, onBarren } = dependencies;
    this.#dependencies = dependencies;
    this.#share = new LookupShare(clock);
    this.#triage = this.#newTriage();
    this.#getPeers = new GetPeersList({
      counters,
      versions: memory.versions,
      nowMs: () => clock.nowMs(),
      send: (contact, infohash, onOutcome) => this.#send(contact, infohash, onOutcome),
      onPeers: (infohash, peers) => this.stages.found(infohash, peers),
      onNoPeers: (infohash) => this.stages.nothing(infohash),
      onBarren: ({ node }) => onBarren(node),
    });
    this.#lookups = new PeerLookups({
      counters,
      lookupPeers: (infohash, onDone) =>
        dht.lookupPeers(infohash, onDone, {
          seeds: dependencies.nodesNear(infohash, LOOKUP_SEEDS),
          share: this.#share.of(infohash),
        }),
      onPeers: (infohash, peers) => this.stages.found(infohash, peers),
      onNoPeers: (infohash) => this.stages.nothing(infohash),
      onUnheard: (infohash) => this.stages.postpone(infohash),
    });
    this.stages = new PeerStages({
      counters,
      askNode: (infohash, source) => this.#getPeers.add(infohash, source),
      lookUp: (infohash) => this.#lookups.offer(infohash, clock.nowMs()),
      onPeers,
    });
  }

  /** True while so much waits that nobody should be sampled. */
  get isBusy(): boolean {
    return this.#triage.isBusy || this.#getPeers.isBusy;
  }

  /** True while something waits that a tick would work on. */
  hasWork(mayAsk: boolean): boolean {
    const isAsking = mayAsk && this.#getPeers.waitingCount > 0;
    return this.#triage.count > 0 || isAsking || this.#dependencies.memory.known.isWarmingUp;
  }

  figures(): HarvestFigures {
    return {
      triageWaiting: this.#triage.count,
      getPeersWaiting: this.#getPeers.waitingCount,
      lookupsWaiting: this.#lookups.waitingCount,
      known: this.#dependencies.memory.known.figures(),
      recent: this.#dependencies.memory.recent.figures(),
    };
  }

  /** Lookups that wait for their turn. */
  get lookupsWaiting(): number {
    return this.#lookups.waitingCount;
  }

  /** To be called before anything was taken: the filters start empty under these keys. */
  useKeys(keys: SavedInfohashKeys): void {
    assert(this.#triage.count === 0, 'the filters change their keys only while nothing waits');
    this.#dependencies.memory.useKeys(keys);
    this.#triage = this.#newTriage();
  }

  warmUp(infohashes: Uint8Array): void {
    this.#dependencies.memory.known.warmUp(infohashes);
  }

  /** What `node` sampled. Beyond 20 fresh ones the rest is left for other nodes to give: this one is not asked for more. */
  take(node: NodeContact, version: string | null, samples: InfohashList): void {
    const nowMs = this.#dependencies.clock.nowMs();
    const source = this.#getPeers.newSource(node, version);
    const { memory, onSighted } = this.#dependencies;
    // The same for each in turn: who keeps one copies it, which is the rare case.
    const infohash = this.#infohash;
    let queuedCount = 0;
    this.#triage.lookAhead(samples);
    for (let index = 0; index < samples.length; index++) {
      if (queuedCount >= INFOHASHES_PER_NODE_MAX) return;
      samples.copyTo(infohash, index);
      const outcome = this.#triage.offer(infohash, source, nowMs, index);
      if (outcome === 'full') return;
      if (outcome === 'known' || (outcome === 'repeated' && memory.known.has(infohash))) onSighted?.(infohash);
      if (outcome === 'queued') queuedCount++;
      else if (outcome === 'repeated') this.stages.sampledAgain(infohash, source);
    }
  }

  /** `mayAsk` false: nothing is sent, for the metadata queue is full or the network is away. */
  tick(nowMs: number, mayAsk: boolean): void {
    this.#dependencies.memory.known.tick();
    this.#triage.tick(nowMs);
    this.#getPeers.tick(nowMs, mayAsk);
    if (mayAsk && this.#getPeers.waitingCount === 0) this.#lookups.tick(nowMs);
  }

  stop(): void {
    this.#lookups.clear();
  }

  checkInvariants(): void {
    this.#triage.checkInvariants();
    this.#getPeers.checkInvariants();
    this.#lookups.checkInvariants();
    this.stages.checkInvariants();
    this.#dependencies.memory.known.checkInvariants();
    this.#share.checkInvariants();
  }

  #newTriage(): InfohashTriage<SampleSource> {
    const { counters, memory, areKnown } = this.#dependencies;
    const { recent, known } = memory;
    return new InfohashTriage({
      counters,
      recent,
      known,
      areKnown,
      onNew: (infohash, sources) => this.#foundNew(infohash, sources),
    });
  }

  #foundNew(infohash: Infohash, sources: readonly SampleSource[]): void {
    const { counters, memory, onNew } = this.#dependencies;
    const source = sources[0]!;
    counters.infohashesNew++;
    memory.versions.foundNew(source.version);
    onNew(source.node);
    this.stages.begin(infohash, source);
    for (const other of sources.slice(1)) this.stages.sampledAgain(infohash, other);
  }

  #send(contact: Contact, infohash: Infohash, onOutcome: (outcome: QueryOutcome) => void): SendVerdict {
    const { dht, clock } = this.#dependencies;
    if (dht.isPaused) return 'no-budget';
    const permission = dht.budget.canSend(contact, clock.nowMs());
    if (permission !== 'yes') return permission;
    return dht.query(contact, { method: 'get_peers', infohash }, onOutcome) ? 'sent' : 'address-busy';
  }
}

// Decides whom to send sample_infohashes next, sends it, and sorts out the answer (BEP 51; protocol.md 6.2a, steps 2 to 7).
// One query both harvests infohashes and walks on: the reply's nodes come back through the node's onNodes.
//
// A candidate is asked only if no query to its address is under way in anybody's pace, its /16 had fewer than two this
// second, and it was not asked in the last 24 hours. Whoever fails is dropped for good, except for a busy address.
import { assert } from '../base/assert.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { NodeContact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { QueryOutcome } from '../dht/dht-node.ts';
import type { Counters } from '../stats/counters.ts';
import type { ClientVersions } from '../stats/client-versions.ts';
import type { InfohashList } from '../wire/infohash-list.ts';
import type { Candidate } from './candidates.ts';
import type { Cooldown } from './cooldown.ts';
import { type NeedleTable, targetFor } from './needle-table.ts';
import type { NeedleTables } from './needle-tables.ts';
import type { Strategy } from './strategy.ts';
import type { Referrer, Referrers } from './referrers.ts';
import type { ScrapeDht } from './scrape-dht.ts';
import { SubnetPace } from './subnet-pace.ts';

/** The node allows 512 for everything; at the fast pace half of 100 a second wait up to 6 s for nothing. */
const IN_FLIGHT_MAX = 384;
/** R12: one sample in eight goes to a node of the main table. */
const MAIN_TABLE_ONE_IN = 8;
/** The main table is walked once in this time at most. */
const MAIN_SWEEP_EVERY_MS = 60_000;
/** Candidates looked at in vain before a tick gives up. */
const LOOKED_AT_MAX = 32;

export type OnSamples = (node: NodeContact, version: string | null, samples: InfohashList) => void;

export interface SamplerDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly dht: ScrapeDht;
  readonly tables: NeedleTables;
  readonly cooldown: Cooldown;
  readonly referrers: Referrers;
  readonly versions: ClientVersions;
  readonly strategy: Strategy;
  readonly onRoundTrip: (roundTripMs: number) => void;
  readonly onSamples: OnSamples;
}

interface Asking {
  readonly node: NodeContact;
  /** Where the reply's nodes are wanted. */
  readonly target: NodeId;
  readonly referrer: Referrer | null;
}

type Verdict = 'sent' | 'unfit' | 'address-busy' | 'no-budget';

export class Sampler {
  readonly #dependencies: SamplerDependencies;
  readonly #subnets = new SubnetPace();
  #inFlightCount = 0;
  #referredInFlightCount = 0;
  #repliedCount = 0;
  #timedOutCount = 0;
  #askedCount = 0;
  #mainSweep: NodeContact[] = [];
  #mainSweptAtMs = -Infinity;

  constructor(dependencies: SamplerDependencies) {
    this.#dependencies = dependencies;
  }

  /** Sends at most `countMax` samples. Returns how many were sent. */
  tick(nowMs: number, countMax: number): number {
    let sentCount = 0;
    while (sentCount < countMax && this.#inFlightCount < IN_FLIGHT_MAX) {
      const isMainsTurn = this.#askedCount % MAIN_TABLE_ONE_IN === 0;
      if (!(isMainsTurn && this.#sampleMain(nowMs)) && !this.#sampleNeedle(nowMs)) break;
      sentCount++;
    }
    return sentCount;
  }

  /** How samples ended so far, for the pace. */
  get totals(): { askedCount: number; repliedCount: number; timedOutCount: number } {
    return { askedCount: this.#askedCount, repliedCount: this.#repliedCount, timedOutCount: this.#timedOutCount };
  }

  checkInvariants(): void {
    const { referrers, tables } = this.#dependencies;
    let referredCount = this.#referredInFlightCount;
    for (const table of tables.all)
      for (const candidate of table.candidates.values()) if (candidate.referrer) referredCount++;
    referrers.checkInvariants(referredCount);
    assert(this.#inFlightCount <= IN_FLIGHT_MAX, 'too many samples in flight');
    this.#subnets.checkInvariants();
  }

  /** R12. False when nobody in the main table may be asked now. */
  #sampleMain(nowMs: number): boolean {
    const { dht, random } = this.#dependencies;
    if (this.#mainSweep.length === 0) {
      if (nowMs - this.#mainSweptAtMs < MAIN_SWEEP_EVERY_MS) return false;
      this.#mainSweptAtMs = nowMs;
      this.#mainSweep = [...dht.table.nodes()].filter(({ supportsSamples }) => supportsSamples !== false);
    }
    for (let looked = 0; looked < LOOKED_AT_MAX && this.#mainSweep.length > 0; looked++) {
      const index = random.below(this.#mainSweep.length);
      const node = this.#mainSweep[index]!;
      const last = this.#mainSweep.pop()!;
      if (last !== node) this.#mainSweep[index] = last;
      // Within the bucket it stands in: the same packet refreshes that (R12).
      const target = targetFor(dht.nodeId, node.id, random);
      const verdict = this.#ask({ node, target, referrer: null }, nowMs);
      if (verdict === 'sent') return true;
      if (verdict === 'no-budget') return false;
    }
    return false;
  }

  /** False when there is no candidate to be asked now, or no budget. */
  #sampleNeedle(nowMs: number): boolean {
    const { tables, referrers } = this.#dependencies;
    const busy: { table: NeedleTable; candidate: Candidate }[] = [];
    let verdict: Verdict = 'unfit';
    for (let looked = 0; looked < LOOKED_AT_MAX && verdict !== 'sent' && verdict !== 'no-budget'; looked++) {
      const next = tables.takeNext(nowMs);
      if (next === null) break;
      const { table, candidate } = next;
      const { node, referrer } = candidate;
      verdict = this.#ask({ node, target: this.#targetFor(table, node), referrer }, nowMs);
      if (verdict === 'unfit') referrers.release(referrer);
      else if (verdict !== 'sent') busy.push({ table, candidate });
    }
    for (const { table, candidate } of busy) tables.putBack(table, candidate);
    return verdict === 'sent';
  }

  /** Spread: anywhere, as every node knows somebody in every half, and all parts of the key space are to be supplied. */
  #targetFor({ needle }: NeedleTable, { id }: NodeContact): NodeId {
    const { random, strategy } = this.#dependencies;
    return strategy === 'spread' ? asNodeId(random.bytes(IDENTIFIER_BYTES)) : targetFor(needle, id, random);
  }

  #ask(asking: Asking, nowMs: number): Verdict {
    const { dht, cooldown, counters } = this.#dependencies;
    const { contact } = asking.node;
    if (cooldown.isResting(contact.host)) return 'unfit';
    const permission = dht.budget.canSend(contact, nowMs);
    if (permission !== 'yes') return permission;
    if (!this.#subnets.take(contact.host, nowMs)) return 'address-busy';
    const query = { method: 'sample_infohashes', target: asking.target } as const;
    const isSent = dht.query(contact, query, (outcome) => this.#ended(asking, outcome));
    // Refused although there was budget. Not now for anybody, or not ever for this one (forbidden, banned, a router)?
    if (!isSent) return dht.isPaused || dht.isSilent ? 'no-budget' : 'unfit';
    cooldown.mark(contact.host);
    this.#askedCount++;
    this.#inFlightCount++;
    if (asking.referrer !== null) this.#referredInFlightCount++;
    counters.samplesAsked++;
    return 'sent';
  }

  #ended(asking: Asking, outcome: QueryOutcome): void {
    const { referrers, tables, versions, dht } = this.#dependencies;
    this.#inFlightCount--;
    if (asking.referrer !== null) this.#referredInFlightCount--;
    // A network that is away says nothing about nodes, nor about who named them.
    const saysNothing = outcome.kind === 'cancelled' || (outcome.kind === 'timeout' && dht.isSilent);
    if (saysNothing) referrers.release(asking.referrer);
    else referrers.settle(asking.referrer, outcome.kind === 'reply');
    if (outcome.kind === 'reply' || outcome.kind === 'error') this.#repliedCount++;
    if (outcome.kind === 'reply') this.#answered(asking, outcome);
    else if (outcome.kind === 'error') versions.errored(outcome.code);
    else if (!saysNothing) {
      this.#timedOutCount++;
      versions.timedOut();
      tables.timedOut(asking.node);
    }
  }

  #answered(asking: Asking, { reply, from, roundTripMs }: QueryOutcome & { kind: 'reply' }): void {
    const { clock, counters, versions, tables, onRoundTrip, onSamples } = this.#dependencies;
    onRoundTrip(roundTripMs);
    if (!bytesEqual(reply.nodeId, asking.node.id)) {
      // Somebody answers under another name than he was introduced by: nothing he says is used (protocol.md 4.1).
      counters.dropped.count('unexpected-node-id');
      return;
    }
    const { samples, version } = reply;
    const isOdd = samples !== null && (reply.intervalSeconds === null || reply.num === null);
    versions.replied(version, samples === null ? null : samples.length, isOdd);
    tables.answered(from, roundTripMs, samples !== null);
    if (samples === null) return;
    counters.samplesAnswered++;
    counters.infohashesSeen += samples.length;
    tables.bestMatch(from.id).noteInfohashes(samples.length, 0, clock.nowMs());
    onSamples(from, version, samples);
  }
}

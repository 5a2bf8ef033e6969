// Phase A of the user's first loop (R1): one search towards a needle, nearest first, to meet better nodes than the ones we
// happen to have. Whoever is met goes to `best` (the needle table's candidates, sampled in phase B); who is no duplicate,
// was not asked for this needle and is not resting also waits here to be asked for more.
// It ends when the 8 nearest live nodes have answered and nobody nearer is left to be asked (libtorrent's rule), or after
// 64 queries, or after 30 s: the "???" of the notes.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { NodeContact } from '../base/contact.ts';
import { compareDistance } from '../base/identifier.ts';
import { IndexedHeap, NOT_IN_HEAP } from '../base/indexed-heap.ts';
import type { QueryOutcome } from '../dht/dht-node.ts';

export const CONVERGE_QUERIES_MAX = 64;
export const CONVERGE_MS_MAX = 30_000;
const NEAREST_WANTED = 8;
/** protocol.md 3.6; one that takes longer than a second gives its place away. */
const ASKED_AT_ONCE = 4;
const SLOW_AFTER_MS = 1_000;
/** Of one reply. */
const NODES_TAKEN_MAX = 16;
const MET_MAX = 2_048;

export type AskVerdict = 'sent' | 'unfit' | 'not-now';

export interface ConvergenceOptions {
  readonly clock: Clock;
  readonly needle: Uint8Array;
  readonly seeds: readonly NodeContact[];
  /** `onOutcome` only after 'sent'. */
  readonly ask: (node: NodeContact, onOutcome: (outcome: QueryOutcome) => void) => AskVerdict;
  /** Sampled in the last 24 hours: it goes to neither heap, unless it is a seed. */
  readonly isResting: (host: string) => boolean;
  /** For `best`. `from` named it; null: a seed. */
  readonly onMet: (node: NodeContact, from: NodeContact | null) => void;
  /** It does not answer. */
  readonly onDead: (node: NodeContact) => void;
}

interface Step {
  readonly node: NodeContact;
  askedAtMs: number;
  place: number;
}

export class Convergence {
  readonly #options: ConvergenceOptions;
  readonly #startedAtMs: number;
  /** The note's `best_in_order`. */
  readonly #inOrder: IndexedHeap<Step, 'place'>;
  /** By host, for this needle: nobody enters twice, nobody is asked twice. */
  readonly #met = new Set<string>();
  readonly #underWay = new Set<Step>();
  /** The nearest that answered, nearest first. */
  readonly #answered: NodeContact[] = [];
  #queryCount = 0;
  #isEnded = false;

  constructor(options: ConvergenceOptions) {
    const { clock, needle, seeds } = options;
    this.#options = options;
    this.#startedAtMs = clock.nowMs();
    this.#inOrder = new IndexedHeap('place', (a, b) => compareDistance(needle, a.node.id, b.node.id));
    for (const seed of seeds) this.#meet(seed, null);
  }

  /** The nearest that answered, nearest first, at most 8. */
  get nearest(): readonly NodeContact[] {
    return this.#answered;
  }

  get queryCount(): number {
    return this.#queryCount;
  }

  /** Asks whom it may ask now. True when the search is over. To be called every tick. */
  tick(): boolean {
    const nowMs = this.#options.clock.nowMs();
    if (this.#isEnded || this.#isOver(nowMs)) return (this.#isEnded = true);
    let free = ASKED_AT_ONCE;
    for (const { askedAtMs } of this.#underWay) if (nowMs - askedAtMs <= SLOW_AFTER_MS) free--;
    while (free > 0 && this.#queryCount < CONVERGE_QUERIES_MAX) {
      const step = this.#inOrder.top();
      if (step === null || !this.#isWanted(step.node)) return false;
      const verdict = this.#options.ask(step.node, (outcome) => this.#hear(step, outcome));
      if (verdict === 'not-now') return false;
      this.#inOrder.remove(step);
      if (verdict === 'unfit') continue;
      step.askedAtMs = nowMs;
      this.#underWay.add(step);
      this.#queryCount++;
      free--;
    }
    return false;
  }

  checkInvariants(): void {
    this.#inOrder.checkInvariants();
    assert(this.#queryCount <= CONVERGE_QUERIES_MAX && this.#met.size <= MET_MAX, 'a search stays within its limits');
    assert(this.#answered.length <= NEAREST_WANTED, 'more nearest nodes than wanted');
  }

  #isOver(nowMs: number): boolean {
    if (nowMs - this.#startedAtMs >= CONVERGE_MS_MAX) return true;
    for (const { node } of this.#underWay) if (this.#isWanted(node)) return false;
    const next = this.#inOrder.top();
    return next === null || this.#queryCount >= CONVERGE_QUERIES_MAX || !this.#isWanted(next.node);
  }

  /** Nearer than the eighth that answered, or there are no eight yet. */
  #isWanted({ id }: NodeContact): boolean {
    const eighth = this.#answered[NEAREST_WANTED - 1];
    return eighth === undefined || compareDistance(this.#options.needle, id, eighth.id) < 0;
  }

  #hear(step: Step, outcome: QueryOutcome): void {
    this.#underWay.delete(step);
    if (outcome.kind === 'timeout') this.#options.onDead(step.node);
    if (this.#isEnded || outcome.kind !== 'reply') return;
    const { needle } = this.#options;
    let place = this.#answered.length;
    while (place > 0 && compareDistance(needle, step.node.id, this.#answered[place - 1]!.id) < 0) place--;
    this.#answered.splice(place, 0, step.node);
    if (this.#answered.length > NEAREST_WANTED) this.#answered.pop();
    for (const node of outcome.reply.nodes.slice(0, NODES_TAKEN_MAX)) this.#meet(node, step.node);
  }

  #meet(node: NodeContact, from: NodeContact | null): void {
    const { host } = node.contact;
    if (this.#met.has(host) || this.#met.size >= MET_MAX) return;
    this.#met.add(host);
    const isResting = this.#options.isResting(host);
    if (!isResting) this.#options.onMet(node, from);
    if (!isResting || from === null) this.#inOrder.push({ node, askedAtMs: 0, place: NOT_IN_HEAP });
  }
}

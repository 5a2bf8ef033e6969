// Fills the full-text tables anew after the tokeniser has changed: some 30 s of work a million rows, once, in small
// transactions between commits, resumed after a restart. Meanwhile names in memory are searched as ever (they have tokens
// of their own), and what is only on disk comes back row by row.
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { TOKENISER_VERSION } from '../search/tokens.ts';
import { tokenTexts } from './catalogue-row.ts';

/** One transaction: some 30 ms, most of it file lists. */
const STEP_ROWS = 200;
/** Rest after a step, as a multiple of what it took: a quarter of one core. */
const REST_SHARE = 3;

export interface TokenRefillDependencies {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  readonly onDone: () => void;
  /** The refill rests until it is started again. */
  readonly onFailure: (error: unknown) => void;
}

export class TokenRefill {
  readonly #dependencies: TokenRefillDependencies;
  #timer: Timer | null = null;

  private constructor(dependencies: TokenRefillDependencies) {
    this.#dependencies = dependencies;
  }

  /** Null when every row has its tokens. Throws what SQLite throws. */
  static start(dependencies: TokenRefillDependencies): TokenRefill | null {
    const { catalogue, log } = dependencies;
    if (catalogue.tokens.beginRefill(TOKENISER_VERSION) === null) return null;
    log.info('The search index is being made anew for this version; this happens once, in the background.');
    const refill = new TokenRefill(dependencies);
    refill.#continueAfter(0);
    return refill;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #continueAfter(delayMs: number): void {
    this.#timer = this.#dependencies.clock.setTimer(delayMs, () => this.#step());
  }

  #step(): void {
    const { catalogue, clock, log, onDone, onFailure } = this.#dependencies;
    this.#timer = null;
    const startedAtMs = clock.nowMs();
    try {
      const { afterId, untilId } = catalogue.tokens.missing()!;
      const rows = catalogue.reader.rowsBetween({ afterId, untilId, limit: STEP_ROWS });
      catalogue.tokens.refill(rows.map(({ id, name }) => ({ id, ...this.#tokensOf(id, name) })));
      if (rows.length > 0) return this.#continueAfter(REST_SHARE * (clock.nowMs() - startedAtMs));
    } catch (error) {
      return onFailure(error);
    }
    log.info('The search index is complete.');
    onDone();
  }

  #tokensOf(id: number, name: string) {
    return tokenTexts(name, this.#dependencies.catalogue.reader.detailsById(id)?.files ?? []);
  }
}

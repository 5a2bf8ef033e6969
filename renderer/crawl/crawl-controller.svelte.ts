// The figures of the crawl page, asked for while it is open and not a moment longer.
import type { CrawlDto } from '../../preload/crawl-contract.ts';
import type { LanternfishApi } from '../../preload/ipc-contract.ts';
import type { Timer, WindowClock } from '../shared/clock.ts';

const ASK_EVERY_MS = 2_000;

export class CrawlController {
  figures = $state.raw<CrawlDto | null>(null);
  problem = $state<string | null>(null);
  readonly #api: LanternfishApi;
  readonly #clock: WindowClock;
  #asking: Timer | null = null;
  #isAsking = false;

  constructor(api: LanternfishApi, clock: WindowClock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** From now on the figures are fresh, until the returned function is called. */
  watch(): () => void {
    void this.ask();
    this.#asking ??= this.#clock.setRepeating(ASK_EVERY_MS, () => void this.ask());
    return () => {
      this.#asking?.cancel();
      this.#asking = null;
    };
  }

  /** One question at a time: a slow answer is not followed by a heap of them. */
  async ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const answer = await this.#api.getCrawl();
    this.#isAsking = false;
    if (answer.ok) this.figures = answer.value;
    this.problem = answer.ok ? null : answer.problem;
  }
}

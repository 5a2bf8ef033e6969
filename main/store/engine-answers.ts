// What the engine asks of the writer: which infohashes are known, and the newest ones for its filter.
import type { Clock } from '../base/clock.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Port } from '../base/port.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { answerKnown } from './retry-desk.ts';
import { type EngineToWriter, IS_RESTING, type WriterToEngine } from './store-contract.ts';
import { NO_CHUNK, warmUpChunk } from './warm-up.ts';

type EnginePort = Port<EngineToWriter, WriterToEngine>;

export class EngineAnswers {
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;

  constructor(clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  /**
   * Always answers. While the catalogue cannot be read nobody knows what is blocked, so everything rests: it is sampled again
   * later, and nothing is asked for that must not be.
   */
  known(
    engine: EnginePort | null,
    catalogue: Catalogue | null,
    { questionId, infohashes }: Extract<EngineToWriter, { type: 'are-known' }>,
  ): void {
    const resting = (): Uint8Array<ArrayBuffer> =>
      new Uint8Array(Math.floor(infohashes.length / IDENTIFIER_BYTES)).fill(IS_RESTING);
    let isKnown: Uint8Array<ArrayBuffer>;
    try {
      isKnown = catalogue ? answerKnown(catalogue, infohashes, this.#clock.nowUnixSeconds()) : resting();
    } catch (error) {
      isKnown = resting();
      this.#failed(error);
    }
    engine?.post({ type: 'known', questionId, isKnown }, [isKnown.buffer]);
  }

  /** In pieces, each a message of its own; other messages get their turn between two of them. */
  warmUp(engine: EnginePort | null, open: () => Catalogue | null, limit: number, beforeId: number | null = null): void {
    let chunk = NO_CHUNK();
    try {
      const catalogue = open();
      if (catalogue) chunk = warmUpChunk(catalogue.reader, beforeId, limit);
    } catch (error) {
      this.#failed(error);
    }
    const { infohashes, rest } = chunk;
    engine?.post({ type: 'warm-up', infohashes, isLast: rest === null }, [infohashes.buffer]);
    if (rest) this.#clock.setTimer(0, () => this.warmUp(engine, open, rest.limit, rest.beforeId));
  }
}

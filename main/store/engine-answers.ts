// What the engine asks of the writer: which infohashes are known, the newest ones for its filter, and the retry ladder.
import type { Clock } from '../base/clock.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Port } from '../base/port.ts';
import type { SeedersOfRow } from '../catalogue/catalogue-reader.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { answerKnown, RetryDesk, type RetryMessage } from './retry-desk.ts';
import { type EngineToWriter, IS_RESTING, type WriterToEngine } from './store-contract.ts';
import { warmUpChunks } from './warm-up.ts';

interface WarmUp {
  readonly catalogue: Catalogue;
  readonly chunks: Generator<Uint8Array<ArrayBuffer>, void>;
}

type EnginePort = Port<EngineToWriter, WriterToEngine>;

export class EngineAnswers {
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #changed: (seeders: readonly SeedersOfRow[]) => void;
  readonly #retries = new RetryDesk();

  /** `changed`: of these rows another number of seeders is known now. */
  constructor(clock: Clock, failed: (error: unknown) => void, changed: (seeders: readonly SeedersOfRow[]) => void) {
    this.#clock = clock;
    this.#failed = failed;
    this.#changed = changed;
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
  warmUp(engine: EnginePort | null, open: () => Catalogue | null, limit: number, running: WarmUp | null = null): void {
    let chunk: Uint8Array<ArrayBuffer> | null = null;
    let warmUp = running;
    try {
      const catalogue = open();
      // Begun anew when it has been opened anew: what is told twice does no harm.
      if (catalogue !== (warmUp?.catalogue ?? null))
        warmUp = catalogue && { catalogue, chunks: warmUpChunks(catalogue, limit) };
      chunk = warmUp?.chunks.next().value ?? null;
    } catch (error) {
      this.#failed(error);
    }
    const infohashes = chunk ?? new Uint8Array(0);
    engine?.post({ type: 'warm-up', infohashes, isLast: chunk === null }, [infohashes.buffer]);
    if (chunk !== null) this.#clock.setTimer(0, () => this.warmUp(engine, open, limit, warmUp));
  }

  /** `catalogue` null: what cannot be written now is kept and goes with the next. */
  retry(engine: EnginePort | null, catalogue: Catalogue | null, message: RetryMessage): void {
    try {
      // What waited while nothing could be written may be written now.
      if (message.type === 'retry-take') this.#changed(catalogue ? this.#retries.flush(catalogue) : []);
      if (message.type !== 'retry-take') this.#changed(this.#retries.receive(catalogue, message));
      else engine?.post(this.#retries.due(catalogue, message.limit, this.#clock.nowUnixSeconds()));
    } catch (error) {
      this.#failed(error);
    }
  }

  checkInvariants(): void {
    this.#retries.checkInvariants();
  }
}

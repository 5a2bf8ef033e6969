// What has come of an import so far: counts, and the first entries that were not taken, each with its reason.
import { SKIPPED_TOLD_MAX } from './transfer-contract.ts';
import type { ImportCounts, ImportSummary, SkipReason, SkippedEntry } from './transfer-contract.ts';

/** Where an entry stands, for a person who looks for it. */
export interface Place {
  readonly fileName: string;
  readonly line: number | null;
}

export class ImportTally {
  newCount = 0;
  mergedCount = 0;
  queuedCount = 0;
  #skippedCount = 0;
  readonly #byReason: Partial<Record<SkipReason, number>> = {};
  readonly #skipped: SkippedEntry[] = [];

  skip({ fileName, line }: Place, reason: SkipReason): void {
    this.#skippedCount++;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
    if (this.#skipped.length < SKIPPED_TOLD_MAX) this.#skipped.push({ fileName, line, reason });
  }

  get counts(): ImportCounts {
    const { newCount, mergedCount, queuedCount } = this;
    return { newCount, mergedCount, queuedCount, skippedCount: this.#skippedCount };
  }

  get summary(): ImportSummary {
    return { ...this.counts, skippedByReason: { ...this.#byReason }, skipped: [...this.#skipped] };
  }
}

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
  forgottenCount = 0;
  /** As the writer counts them; null before its first answer. */
  #forgottenBefore: number | null = null;
  #skippedCount = 0;
  readonly #byReason: Partial<Record<SkipReason, number>> = {};
  readonly #skipped: SkippedEntry[] = [];

  skip({ fileName, line }: Place, reason: SkipReason): void {
    this.#skippedCount++;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
    if (this.#skipped.length < SKIPPED_TOLD_MAX) this.#skipped.push({ fileName, line, reason });
  }

  /** `total`: what the writer has forgotten since it started. */
  forgotten(total: number): void {
    this.#forgottenBefore ??= total;
    this.forgottenCount = Math.max(0, total - this.#forgottenBefore);
  }

  get counts(): ImportCounts {
    const { newCount, mergedCount, queuedCount, forgottenCount } = this;
    return { newCount, mergedCount, queuedCount, forgottenCount, skippedCount: this.#skippedCount };
  }

  get summary(): ImportSummary {
    return { ...this.counts, skippedByReason: { ...this.#byReason }, skipped: [...this.#skipped] };
  }
}

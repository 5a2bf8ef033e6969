// What the engine counts. Plain fields, so that counting on a packet path costs an increment.

/** Different reasons kept apart before the rest is counted as `other`. */
const REASONS_MAX = 96;

/** Counts by reason, bounded: reasons come from a closed set in the code, and still a limit holds. */
export class ReasonCounts {
  readonly #counts = new Map<string, number>();

  count(reason: string): void {
    const key = this.#counts.has(reason) || this.#counts.size < REASONS_MAX ? reason : 'other';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get(reason: string): number {
    return this.#counts.get(reason) ?? 0;
  }

  total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** One set per engine. Every field only grows. */
export class Counters {
  packetsOut = 0;
  packetsIn = 0;
  queriesAnswered = 0;
  queriesSent = 0;
  repliesReceived = 0;
  queryTimeouts = 0;
  samplesAsked = 0;
  samplesAnswered = 0;
  infohashesSeen = 0;
  infohashesNew = 0;
  peersFound = 0;
  metadataTried = 0;
  metadataFetched = 0;
  /** Datagrams and fields that were not what the protocol says, by reason. */
  readonly malformed = new ReasonCounts();
  /** Correct datagrams that were not served or used, by reason (rate limit, unknown transaction, bogon, ...). */
  readonly dropped = new ReasonCounts();
  /** Why fetching metadata from one peer ended without success, by reason. */
  readonly metadataFailures = new ReasonCounts();
  /** Limits that were hit, by the name of the queue or map. */
  readonly overflows = new ReasonCounts();
}

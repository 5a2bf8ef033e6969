// What the crawl page is told: the last hour minute by minute, what is spoken now against what may be, and facts for a
// diagnosis. Types and one bound; asked for only while the page is open.

/** Minutes of history, the one under way included. */
export const CRAWL_MINUTES = 60;

/** What was counted in one minute. */
export interface CrawlMinuteDto {
  /** Infohashes that nodes told us, and of those the ones that were new. */
  readonly sampled: number;
  readonly fresh: number;
  /** Torrents whose metadata was asked for, and those that were fetched. */
  readonly tried: number;
  readonly fetched: number;
  readonly packets: number;
}

/** Spoken in the last minute, a second; and how much is allowed now and at most. */
export interface RateDto {
  readonly perSecond: number;
  readonly ceilingPerSecond: number;
}

export interface ClientVersionDto {
  readonly name: string;
  readonly asked: number;
  readonly answered: number;
  readonly infohashes: number;
  readonly fresh: number;
}

export interface CrawlDto {
  /** Oldest first, CRAWL_MINUTES long, the last one under way. Null: the engine did not run. */
  readonly minutes: readonly (CrawlMinuteDto | null)[];
  /** Null until the engine has counted. */
  readonly now: {
    readonly newAddresses: RateDto;
    readonly packets: RateDto;
    readonly connections: RateDto;
    /** What the pace allows itself at the moment; below the ceiling after a signal, and at the start. */
    readonly allowedNewAddressesPerSecond: number;
    readonly pace: 'rising' | 'at-ceiling' | 'holding' | 'resting' | null;
    readonly lastSignal: 'replies-fell' | 'replies-slow' | 'send-errors' | 'thread-late' | null;
    readonly lastSignalAgoSeconds: number | null;
    /** Share of samples that are answered; null: too few to say. */
    readonly replyRatio: number | null;
    /** Questions that others asked us. */
    readonly queriesReceived: number;
    readonly torrentsWaiting: number;
    readonly uptimeSeconds: number;
    readonly ipv6: 'running' | 'not-available' | 'off';
    readonly nodes4: number;
    readonly nodes6: number;
    readonly port: number;
  } | null;
  readonly disk: {
    readonly usedBytes: number;
    /** Null: no limit. */
    readonly quotaBytes: number | null;
    /** On the disk; null: unknown. */
    readonly freeBytes: number | null;
  };
  /** Who answers, asked most first. */
  readonly clientVersions: readonly ClientVersionDto[];
}

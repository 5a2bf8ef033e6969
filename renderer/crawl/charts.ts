// What the small charts draw: one value for each minute, null where nothing was counted.
import type { CrawlMinuteDto } from '../../preload/crawl-contract.ts';

export interface Series {
  readonly values: readonly (number | null)[];
  /** Of the last whole minute: the one under way is not over. Null: nothing was counted in it. */
  readonly last: number | null;
  readonly least: number;
  readonly most: number;
  readonly isEmpty: boolean;
}

export function seriesOf(
  minutes: readonly (CrawlMinuteDto | null)[],
  valueOf: (minute: CrawlMinuteDto) => number | null,
): Series {
  const values = minutes.map((minute) => (minute === null ? null : valueOf(minute)));
  const whole = values.slice(0, -1).filter((value) => value !== null);
  return {
    values,
    last: values.at(-2) ?? null,
    least: whole.length === 0 ? 0 : Math.min(...whole),
    most: Math.max(0, ...values.filter((value) => value !== null)),
    isEmpty: whole.length === 0,
  };
}

/** Percent of torrents tried that were fetched; null where too few were tried to say. A fetch may end a minute later. */
export function successOf({ tried, fetched }: CrawlMinuteDto): number | null {
  return tried < 3 ? null : Math.min(100, Math.round((100 * fetched) / tried));
}

// When an infohash that nobody could or would send is tried again (issue: 1 h, 8 h, 3 days, then no more), as plain policy.
// The rows are the catalogue's, so that a restart forgets nothing: an hour's crawl fails more often than it succeeds.
import { isOwnTrouble, type GivenUpReason } from './failures.ts';

const HOUR_SECONDS = 3600;
/** After the first failure, the second, the third. */
export const RETRY_AFTER_SECONDS: readonly number[] = [HOUR_SECONDS, 8 * HOUR_SECONDS, 72 * HOUR_SECONDS];

/** When the next try is due after `failureCount` failures (at least 1); null: it was tried often enough. */
export function nextTryAt(failureCount: number, nowUnixSeconds: number): number | null {
  const afterSeconds = RETRY_AFTER_SECONDS[failureCount - 1];
  return afterSeconds === undefined ? null : nowUnixSeconds + afterSeconds;
}

/** Whether giving up for `reason` says that these peers will not do, so that others should be looked for at once. */
export function isFailureOfPeers(reason: GivenUpReason): boolean {
  return reason !== 'expired' && reason !== 'overflow' && !isOwnTrouble(reason);
}

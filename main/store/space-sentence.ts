// What the person reads while nothing more is stored for want of room.
import { FREE_BYTES_WORDS } from './owner-contract.ts';

/** Null while there is room. */
export function spaceSentence(
  { isSpaceLow, isQuotaReached }: { readonly isSpaceLow: boolean; readonly isQuotaReached: boolean },
  quotaBytes: number | null,
): string | null {
  if (isSpaceLow) {
    return `Less than ${FREE_BYTES_WORDS} are free on the disk of the catalogue, so discovering has paused by itself. Everything stored is safe. It goes on by itself when there is room again.`;
  }
  if (!isQuotaReached) return null;
  const quota = ((quotaBytes ?? 0) / 1e9).toLocaleString('en', { maximumFractionDigits: 1 });
  return `The catalogue has reached its limit of ${quota} GB, so discovering waits until enough is forgotten. Starred and hidden torrents are never forgotten; raise the limit in Settings if it is they that fill it.`;
}

// The latest names of the index with how many have each: what titles are counted from. In memory already, so that nothing is
// read for it.
import { isSet } from './bitmap.ts';
import { NameReader } from './name-bytes.ts';
import type { MergePart } from './segment-merge.ts';
import type { NamedRow } from './suggestions.ts';

/** Newest first, at most `limit`, in chunks of `step`. `parts` rise; what comes meanwhile is not among them. */
export function* newestNames(
  parts: readonly MergePart[],
  { limit, step }: { readonly limit: number; readonly step: number },
): Generator<readonly NamedRow[]> {
  let left = limit;
  for (const { data, gone } of parts.toReversed()) {
    const names = new NameReader(data);
    for (let row = data.rowCount - 1; row >= 0 && left > 0;) {
      const chunk: NamedRow[] = [];
      for (; row >= 0 && chunk.length < step && left > 0; row--) {
        if (gone !== null && isSet(gone, row)) continue;
        chunk.push({ name: names.read(row), peersSeen: data.peers[row]! });
        left--;
      }
      yield chunk;
    }
  }
}

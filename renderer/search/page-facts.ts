// What a page of results tells beside its rows, and how pages are put together. Pure.
import type { ResultPageDto, ResultRowDto } from '../../preload/ipc-contract.ts';

export type PageFacts = Omit<ResultPageDto, 'rows' | 'nextCursor'>;
export const NO_FACTS: PageFacts = {
  totalCount: 0,
  totalIsExact: true,
  reachableCount: 0,
  isPartial: false,
  countsByType: null,
  didYouMean: [],
  adultHidden: null,
};

/** Pages may overlap when rows arrive between them; the list is keyed by infohash and must hold each once. */
export function uniqueRows(before: readonly ResultRowDto[], added: readonly ResultRowDto[]): readonly ResultRowDto[] {
  const seen = new Set(before.map((row) => row.infohashHex));
  const fresh = added.filter((row) => {
    const isNew = !seen.has(row.infohashHex);
    seen.add(row.infohashHex);
    return isNew;
  });
  return [...before, ...fresh];
}

// Cuts a name at its matched ranges, so that it can be drawn as text nodes and <mark> elements: names are other people's
// words and never become markup. Ranges come from the search thread, but a bad one must not break a row: it is skipped.

export interface MarkedName {
  /** What is matched, each with what stands before it; that may be empty. */
  readonly marks: readonly { readonly before: string; readonly match: string }[];
  readonly rest: string;
}

/** `ranges`: [start, end) pairs of UTF-16 offsets, flat, in order. The parts alternate, so that another name is drawn by changing
 *  texts rather than by making elements anew: twenty rows change at every key. */
export function markedName(text: string, ranges: readonly number[]): MarkedName {
  const marks: { before: string; match: string }[] = [];
  let at = 0;
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    const start = ranges[i] ?? 0;
    const end = Math.min(ranges[i + 1] ?? 0, text.length);
    if (start < at || start >= end) continue;
    marks.push({ before: text.slice(at, start), match: text.slice(start, end) });
    at = end;
  }
  return { marks, rest: text.slice(at) };
}

/** The first place of each word of `query` in `text`, as ranges for markedName; case is ignored. */
export function rangesOf(text: string, query: string): readonly number[] {
  const lowerText = text.toLowerCase();
  // A few letters change length in lower case (Turkish İ); then offsets would point beside the match.
  if (lowerText.length !== text.length) return [];
  const found: [number, number][] = [];
  for (const word of wordsOf(query)) {
    const start = lowerText.indexOf(word);
    if (start >= 0) found.push([start, start + word.length]);
  }
  found.sort((a, b) => a[0] - b[0]);
  const ranges: number[] = [];
  for (const [start, end] of found) {
    const lastEnd = ranges.at(-1) ?? 0;
    if (ranges.length > 0 && start < lastEnd) ranges[ranges.length - 1] = Math.max(lastEnd, end);
    else ranges.push(start, end);
  }
  return ranges;
}

export function wordsOf(query: string): readonly string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

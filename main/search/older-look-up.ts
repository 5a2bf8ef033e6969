// Which terms are asked of the full-text tables for a query, by what the index in memory knows of them. Whoever asks looks at
// each name that comes back, so fewer terms are allowed; they only make FTS5 do less between two answers.
import { type Clause, clauseOf, clausesOf, type IndexQuery, toIndexQuery } from './index-query.ts';
import type { SegmentData } from './index-segment.ts';
import type { QueryWord } from './query-words.ts';
import type { SearchQuery } from './search-query.ts';
import { shareOfNames } from './term-share.ts';

/** `name_fts` has an index of beginnings up to this long; of a longer one FTS5 gathers every posting before the first answer. */
const INDEXED_PREFIX_CHARACTERS = 3;
/** In more names than this, it takes longer to gather a beginning than to look at names that only begin alike. */
const COMMON_SHARE = 0.02;
/** With more matches than this FTS5 finds a page of them soon enough. */
const MANY_MATCHES_SHARE = 1e-4;
/** So rare a word decides alone: to look at its names takes no longer than to look for its rows among those of a common word. */
const RARE_SHARE = 0.005;
/** What fewer names say of the others is chance. */
const NAMES_MIN = 50_000;

export interface LookUpTerms extends Pick<IndexQuery, 'required' | 'excluded' | 'anyOf'> {
  /** True: of what they find, only some matches the query. */
  readonly isWider: boolean;
}

/** `matchShare`: matches for each name in memory. */
export function lookUpTerms(query: SearchQuery, segments: readonly SegmentData[], matchShare: number): LookUpTerms {
  const asked = { ...toIndexQuery(query), isWider: false };
  const namesCount = segments.reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (namesCount < NAMES_MIN) return asked;
  const shares = new Map(asked.required.map((clause) => [clause, shareOfNames(segments, clause)]));
  const [rarest] = asked.required.toSorted((a, b) => shares.get(a)! - shares.get(b)!);
  const isAlone = asked.required.length < 2 || rarest === undefined;
  if (!isAlone && shares.get(rarest)! <= RARE_SHARE && matchShare < MANY_MATCHES_SHARE)
    return { required: [rarest], anyOf: [], excluded: [], isWider: true };
  const required = asked.required.map((one) => (shares.get(one)! > COMMON_SHARE ? shortened(one) : one));
  return { ...asked, required, isWider: required.some((one, at) => one !== asked.required[at]) };
}

/** Whether FTS5 would gather too many postings of what begins like this, where it has no index of beginnings. */
export const isCommonBeginning = (word: QueryWord, segments: readonly SegmentData[]): boolean =>
  clausesOf({ ...word, isPrefix: true }).some((clause) => shareOfNames(segments, clause) > COMMON_SHARE);

function shortened(clause: Clause): Clause {
  const characters = [...clause.text];
  if (!clause.isPrefix || characters.length <= INDEXED_PREFIX_CHARACTERS) return clause;
  return clauseOf(characters.slice(0, INDEXED_PREFIX_CHARACTERS).join(''), true);
}

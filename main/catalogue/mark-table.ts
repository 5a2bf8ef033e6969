// Stars, hides, blocks and what was opened, as bits in the rows (marks.ts). What is hidden or blocked loses its tokens, so
// that full text never finds or counts it, and gets them back when it is shown again. All within the caller's transaction.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { BlockedTable } from './blocked-table.ts';
import type { CatalogueReader, StoredDetails } from './catalogue-reader.ts';
import { BLOCKED, isShown, MARK_BITS } from './marks.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { RetryTable } from './retry-table.ts';
import type { RowRemoval } from './row-removal.ts';
import type { TokenTable, TokenTexts } from './token-table.ts';
import type { BlockReason, Mark } from './torrent.ts';

export const MARK_QUERIES = {
  get: 'SELECT marks FROM torrents WHERE id = ?',
  set: 'UPDATE torrents SET marks = ?, marked_at = ? WHERE id = ?',
  countStarred: 'SELECT count(*) FROM torrents WHERE (marks & 1) <> 0',
  countHidden: 'SELECT count(*) FROM torrents WHERE marks >= 4 AND marks < 8',
  toJudge:
    'SELECT id, infohash, infohash_v2 AS infohashV2, name FROM torrents WHERE id > ? AND marks < 8 ORDER BY id LIMIT ?',
  // The first condition is the index's own: SQLite does not see that the second contains it, and would read every torrent.
  blocked: 'SELECT id FROM torrents WHERE marks >= 4 AND marks >= 8',
  blockedBefore: 'SELECT id FROM torrents WHERE marks >= 4 AND marks >= 8 AND marked_at < ? LIMIT ?',
} as const;

export interface MarkChange {
  readonly mark: Mark;
  readonly isOn: boolean;
  /** Of 20 bytes each; others are passed over. */
  readonly infohashes: readonly Uint8Array[];
  readonly nowUnixSeconds: number;
}

export interface MarkOutcome {
  /** Those of the infohashes whose state is another one now: to undo, take the mark back from these. */
  readonly changed: readonly Uint8Array[];
  /** Rows that no search may show any more. */
  readonly hiddenIds: readonly number[];
  /** Rows that every search may show again. */
  readonly shownIds: readonly number[];
}

/** The catalogue makes no tokens (search/ does; store/ hands them in). */
export type TokensOf = (details: StoredDetails) => TokenTexts;

export interface MarkTables {
  readonly reader: CatalogueReader;
  readonly tokens: TokenTable;
  readonly blocked: BlockedTable;
  readonly retries: RetryTable;
  readonly removal: RowRemoval;
}

interface Draft {
  readonly changed: Uint8Array[];
  readonly hiddenIds: number[];
  readonly shownIds: number[];
}

export class MarkTable {
  readonly #statements: Record<keyof typeof MARK_QUERIES, CatalogueStatement>;
  readonly #tables: MarkTables;

  constructor(database: CatalogueDatabase, tables: MarkTables) {
    this.#tables = tables;
    this.#statements = Object.fromEntries(
      Object.entries(MARK_QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<keyof typeof MARK_QUERIES, CatalogueStatement>;
    for (const statement of Object.values(this.#statements)) if (statement.reader) statement.pluck();
    this.#statements.toJudge.pluck(false);
  }

  get starredCount(): number {
    return this.#statements.countStarred.get() as number;
  }

  get hiddenCount(): number {
    return this.#statements.countHidden.get() as number;
  }

  /** 0 when there is no such row. */
  of(id: number): number {
    return (this.#statements.get.get(id) as number | undefined) ?? 0;
  }

  change({ mark, isOn, infohashes, nowUnixSeconds }: MarkChange, tokensOf: TokensOf): MarkOutcome {
    const { reader, blocked } = this.#tables;
    const draft: Draft = { changed: [], hiddenIds: [], shownIds: [] };
    for (const infohash of infohashes) {
      if (infohash.length !== IDENTIFIER_BYTES) continue;
      const id = reader.findId(infohash);
      let isChanged = false;
      if (mark === 'block' && isOn) isChanged = this.#block(id, infohash, 'person', nowUnixSeconds);
      if (mark === 'block' && !isOn) isChanged = blocked.remove(infohash);
      if (id !== null && this.#setBit(id, { bit: MARK_BITS[mark], isOn, nowUnixSeconds }, draft, tokensOf)) {
        isChanged = true;
      }
      if (isChanged) draft.changed.push(infohash);
    }
    return draft;
  }

  /** Blocks stored rows because of a list or a word. */
  blockRows(ids: readonly number[], reason: BlockReason, nowUnixSeconds: number): MarkOutcome {
    const draft: Draft = { changed: [], hiddenIds: [], shownIds: [] };
    for (const id of ids) {
      const [infohash] = this.#tables.removal.infohashesOf(id);
      if (infohash === undefined) continue;
      this.#block(id, infohash, reason, nowUnixSeconds);
      if (this.#setBit(id, { bit: BLOCKED, isOn: true, nowUnixSeconds }, draft, noTokens)) draft.changed.push(infohash);
    }
    return draft;
  }

  /** The row gets these marks beside its own: it turned out to be one torrent with a row that had them. */
  join(id: number, marks: number, nowUnixSeconds: number): MarkOutcome {
    const draft: Draft = { changed: [], hiddenIds: [], shownIds: [] };
    const before = this.of(id);
    this.#set(id, { before, after: before | marks, nowUnixSeconds }, draft, noTokens);
    return draft;
  }

  /** Rows above `afterId` that are not blocked, with all they are judged by. */
  rowsToJudge(afterId: number, limit: number): { id: number; name: string; infohashes: Uint8Array[] }[] {
    const rows = this.#statements.toJudge.all(afterId, limit);
    return (rows as { id: number; name: string; infohash: Uint8Array; infohashV2: Uint8Array | null }[]).map((row) => ({
      id: row.id,
      name: row.name,
      infohashes:
        row.infohashV2 === null ? [row.infohash] : [row.infohash, row.infohashV2.subarray(0, IDENTIFIER_BYTES)],
    }));
  }

  /** Rows whose infohash is no longer blocked are shown again. */
  showUnblocked(nowUnixSeconds: number, tokensOf: TokensOf): MarkOutcome {
    const draft: Draft = { changed: [], hiddenIds: [], shownIds: [] };
    for (const id of this.#statements.blocked.all() as number[]) {
      const [infohash] = this.#tables.removal.infohashesOf(id);
      if (infohash === undefined || this.#tables.blocked.has(infohash)) continue;
      this.#setBit(id, { bit: BLOCKED, isOn: false, nowUnixSeconds }, draft, tokensOf);
    }
    return draft;
  }

  /** Rows that were blocked before that time: nobody will take it back by undo any more. */
  blockedBefore(unixSeconds: number, limit: number): number[] {
    return this.#statements.blockedBefore.all(unixSeconds, limit) as number[];
  }

  /** By every infohash that leads to the row. */
  #block(id: number | null, infohash: Uint8Array, reason: BlockReason, atUnixSeconds: number): boolean {
    const { blocked, retries, removal, reader } = this.#tables;
    const ofRow = id === null ? [] : removal.infohashesOf(id);
    const infohashes = ofRow.length === 0 ? [infohash] : ofRow;
    const isNamed = id !== null && reason === 'person';
    const name = isNamed ? (reader.detailsById(id, { withFiles: false })?.name ?? null) : null;
    retries.remove(infohashes);
    return blocked.add({ infohashes, reason, name, atUnixSeconds });
  }

  #setBit(
    id: number,
    { bit, isOn, nowUnixSeconds }: { readonly bit: number; readonly isOn: boolean; readonly nowUnixSeconds: number },
    draft: Draft,
    tokensOf: TokensOf,
  ): boolean {
    const before = this.of(id);
    const after = isOn ? before | bit : before & ~bit;
    return this.#set(id, { before, after, nowUnixSeconds }, draft, tokensOf);
  }

  #set(
    id: number,
    { before, after, nowUnixSeconds }: { readonly before: number; readonly after: number; nowUnixSeconds: number },
    draft: Draft,
    tokensOf: TokensOf,
  ): boolean {
    if (before === after) return false;
    this.#statements.set.run(after, nowUnixSeconds, id);
    if (isShown(before) && !isShown(after)) {
      this.#tables.tokens.remove(id);
      draft.hiddenIds.push(id);
    } else if (!isShown(before) && isShown(after)) {
      this.#giveTokens(id, tokensOf);
      draft.shownIds.push(id);
    }
    return true;
  }

  /** Unless a refill of the full-text tables is on its way to the row. */
  #giveTokens(id: number, tokensOf: TokensOf): void {
    const { reader, tokens } = this.#tables;
    const missing = tokens.missing();
    if (missing !== null && id > missing.afterId && id <= missing.untilId) return;
    const details = reader.detailsById(id);
    if (details !== null) tokens.insert(id, tokensOf(details));
  }
}

/** Marks that only hide. */
const noTokens: TokensOf = () => ({ nameTokens: '', pathTokens: '' });

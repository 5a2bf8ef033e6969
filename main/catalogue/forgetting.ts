// Which torrents are forgotten when the catalogue is to become smaller, and how its file shrinks, in steps of some
// milliseconds. Never what the person starred or hid; what is forgotten may be found again.
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';

export const FORGETTING_QUERIES = {
  /** Nobody has them, and nobody opened them. */
  dead: `SELECT h.id FROM torrent_health h CROSS JOIN torrents t ON t.id = h.id
    WHERE h.is_dead <> 0 AND h.id > ? AND t.marks = 0 ORDER BY h.id LIMIT ?`,
  /** Found first and never opened. */
  unopened: 'SELECT id FROM torrents WHERE id > ? AND marks = 0 ORDER BY id LIMIT ?',
  /** Found first, opened or not: marks are 0 or OPENED. */
  old: 'SELECT id FROM torrents WHERE id > ? AND marks IN (0, 2) ORDER BY id LIMIT ?',
} as const;

/** What to forget first, as the person chose it: then comes what the next rule names. */
export const FORGET_FIRST = ['dead', 'old', 'unopened'] as const;
export type ForgetFirst = (typeof FORGET_FIRST)[number];
type Rule = keyof typeof FORGETTING_QUERIES;
const RULES: Readonly<Record<ForgetFirst, readonly Rule[]>> = {
  dead: ['dead', 'unopened', 'old'],
  unopened: ['unopened', 'old'],
  old: ['old'],
};

export class Forgetting {
  readonly #database: CatalogueDatabase;
  readonly #statements: Record<Rule, CatalogueStatement>;
  readonly #sizes: readonly CatalogueStatement[];
  /** Below these ids nothing is left that the rule may take. */
  readonly #afterId = new Map<Rule, number>();

  constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.#statements = Object.fromEntries(
      Object.entries(FORGETTING_QUERIES).map(([name, sql]) => [name, database.prepare(sql).pluck()]),
    ) as Record<Rule, CatalogueStatement>;
    // Asked at every step: prepared once, since that takes longer than the answer.
    this.#sizes = ['page_count', 'freelist_count', 'page_size'].map((name) =>
      database.prepare(`PRAGMA ${name}`).pluck(),
    );
  }

  /** At most `limit` ids by the first rule that names any; none when all that is left is starred or hidden. */
  next(first: ForgetFirst, limit: number): number[] {
    for (const rule of RULES[first]) {
      const ids = this.#statements[rule].all(this.#afterId.get(rule) ?? 0, limit) as number[];
      const last = ids.at(-1);
      if (last === undefined) continue;
      this.#afterId.set(rule, last);
      return ids;
    }
    return [];
  }

  /** Marks and health change: from time to time every rule looks at everything again. */
  beginAnew(): void {
    this.#afterId.clear();
  }

  /** Bytes of pages that hold something, and of the file without its log. */
  sizes(): { readonly usedBytes: number; readonly fileBytes: number } {
    const [pages, free, bytes] = this.#sizes.map((statement) => Number(statement.get())) as [number, number, number];
    return { usedBytes: (pages - free) * bytes, fileBytes: pages * bytes };
  }

  /** Gives at most `pages` free pages at the end back to the disk (after the next checkpoint). False: it has none to give. */
  shrink(pages: number): boolean {
    const before = this.sizes().fileBytes;
    this.#database.pragma(`incremental_vacuum(${pages})`);
    return this.sizes().fileBytes < before;
  }
}

// A backup while everything goes on: SQLite copies pages in steps from one moment's view of the catalogue, held by an open
// read transaction (without it each commit would start the copy again). The copy is checked, and only then gets its name.
import { open, rename, rm, stat } from 'node:fs/promises';
import { openDatabase, type CatalogueDatabase } from '../catalogue/open-database.ts';
import { findDamage } from './check-database.ts';
import type { JobContext } from './job-context.ts';
import { asWriteProblem, checkTarget, TransferProblem } from './transfer-problem.ts';
import type { BackupJob, CatalogueFacts, TransferResult } from './transfer-contract.ts';

/** A megabyte: some milliseconds. */
const PAGES_PER_STEP = 256;
const PAGE_BYTES = 4096;
const OWNER_ONLY = 0o600;

/** Nothing is at `targetPath` that was not there before, unless this resolves. */
export async function runBackup({ targetPath }: BackupJob, context: JobContext): Promise<TransferResult> {
  const part = `${targetPath}.lanternfish-part`;
  const { databasePath, nativeBinding } = context.store;
  await checkTarget(targetPath, databasePath);
  await removePart(part);
  const source = openDatabase({ path: databasePath, role: 'reader', nativeBinding });
  try {
    // Nobody else's to read from the first byte on.
    await (await open(part, 'wx', OWNER_ONLY)).close();
    source.exec('BEGIN');
    const facts = factsOf(source);
    await copyPages(source, part, context);
    source.exec('COMMIT');
    await finishCopy(part, context);
    await rename(part, targetPath);
    const { size } = await stat(targetPath);
    return { kind: 'backup', targetPath, sizeBytes: size, ...facts };
  } catch (error) {
    await removePart(part);
    throw asWriteProblem(error, targetPath);
  } finally {
    source.close();
  }
}

/** How many torrents there are, and when the newest was found. */
export function factsOf(database: CatalogueDatabase): CatalogueFacts {
  const torrentCount = database.prepare('SELECT count(*) FROM main.torrents').pluck().get() as number;
  const newest = database.prepare('SELECT discovered_at FROM main.torrents ORDER BY id DESC LIMIT 1').pluck();
  return { torrentCount, newestAtUnixSeconds: (newest.get() as number | undefined) ?? null };
}

async function copyPages(source: CatalogueDatabase, part: string, context: JobContext): Promise<void> {
  await source.backup(part, {
    progress: ({ totalPages, remainingPages }) => {
      context.check();
      const done = (totalPages - remainingPages) * PAGE_BYTES;
      context.progress({ unit: 'bytes', done, total: totalPages * PAGE_BYTES, counts: null });
      return PAGES_PER_STEP;
    },
  });
}

/** One file without companions, and every page of it read once. */
async function finishCopy(part: string, context: JobContext): Promise<void> {
  const copy = openDatabase({ path: part, role: 'writer', nativeBinding: context.store.nativeBinding });
  try {
    copy.pragma('journal_mode = DELETE');
    const damage = await findDamage(copy, () => context.breathe());
    if (damage !== null) {
      throw new TransferProblem(
        `The catalogue is damaged (${damage}), so this backup would be, too, and was not kept. Start Lanternfish again: it saves what it can. Then make the backup.`,
      );
    }
  } finally {
    copy.close();
  }
}

async function removePart(part: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '-journal']) await rm(part + ending, { force: true });
}

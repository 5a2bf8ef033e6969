// From a path to a catalogue that can be written: opens, looks for damage, migrates. What to do about damage is decided
// by store/, which can make the tokens that a rebuilt catalogue needs.
import { Catalogue } from './catalogue.ts';
import { CatalogueReader } from './catalogue-reader.ts';
import { asCatalogueProblem, CatalogueProblem } from './catalogue-problem.ts';
import {
  checkedInVain,
  fileIdentity,
  isMarkedForCheck,
  keepCopyBeforeMigration,
  makeFolderFor,
  makePrivateFile,
  keepFromOthers,
  wasCheckedInVain,
} from './database-files.ts';
import { latestVersion, migrate, MIGRATIONS, refuseNewer, schemaVersion } from './migrations.ts';
import type { Migration } from './migrations.ts';
import { INCREMENTAL, openDatabase, useWriteAheadLog } from './open-database.ts';
import type { CatalogueDatabase } from './open-database.ts';
import { expectLargeTokenTables } from './table-sizes.ts';

export interface OpenCatalogueOptions {
  readonly databasePath: string;
  readonly nativeBinding: string | null;
  /** False: no copy is kept of a file that has to be migrated. */
  readonly keepsCopy?: boolean;
  /** Only tests hand in others. */
  readonly migrations?: readonly Migration[];
}

/** Some ten seconds of writing. */
const REWRITTEN_BYTES_MAX = 1e9;

/** Throws only `CatalogueProblem`; kind `damaged` means that `salvage` is worth trying. */
export function openCatalogue(options: OpenCatalogueOptions): Catalogue {
  const path = options.databasePath;
  let database: CatalogueDatabase | null = null;
  try {
    makeFolderFor(path);
    makePrivateFile(path);
    database = openDatabase({ path, role: 'writer', nativeBinding: options.nativeBinding });
    prepareFile(database, options);
    return new Catalogue(database);
  } catch (error) {
    database?.close();
    throw asCatalogueProblem(error, path);
  }
}

/** Opens an existing, migrated catalogue for reading only. Throws only `CatalogueProblem`. */
export function openCatalogueReader(options: Omit<OpenCatalogueOptions, 'migrations' | 'keepsCopy'>): CatalogueReader {
  const path = options.databasePath;
  let database: CatalogueDatabase | null = null;
  try {
    database = openDatabase({ path, role: 'reader', nativeBinding: options.nativeBinding });
    const reader = new CatalogueReader(database);
    reader.fileIdentity = fileIdentity(path);
    return reader;
  } catch (error) {
    database?.close();
    throw asCatalogueProblem(error, path);
  }
}

function prepareFile(
  database: CatalogueDatabase,
  { databasePath: path, migrations = MIGRATIONS, keepsCopy = true }: OpenCatalogueOptions,
): void {
  const from = schemaVersion(database, path);
  refuseNewer(from, path, migrations);
  keepFromOthers(path);
  useWriteAheadLog(database);
  if (from > 0 && isMarkedForCheck(path)) {
    if (wasCheckedInVain(path)) throw damagedProblem(path, 'a check found nothing, and yet it was reported again');
    const [finding] = database.pragma('quick_check(1)', { simple: false }) as { quick_check: string }[];
    if (finding?.quick_check !== 'ok') throw damagedProblem(path, finding?.quick_check);
    checkedInVain(path);
  }
  const keepCopy = (): void => {
    if (!keepsCopy) return;
    database.pragma('wal_checkpoint(TRUNCATE)'); // the copy is of the main file alone
    keepCopyBeforeMigration(path, latestVersion(migrations));
  };
  migrate(database, { from, migrations, keepCopy });
  if (from === 0) settle(database);
  else letFileShrink(database);
  expectLargeTokenTables(database);
  // Read-only files and disks open without complaint and fail at the first write; this is that write.
  database.pragma(`user_version = ${latestVersion(migrations)}`);
}

/**
 * A file of version 1 or 2 cannot give free pages back; it is written anew, once, where that is a matter of seconds. Larger
 * ones, and those that there is no room for, go on as they are: what is forgotten makes room for what comes.
 */
function letFileShrink(database: CatalogueDatabase): void {
  if (Number(database.pragma('auto_vacuum', { simple: true })) === INCREMENTAL) return;
  const bytes =
    Number(database.pragma('page_count', { simple: true })) * Number(database.pragma('page_size', { simple: true }));
  if (bytes > REWRITTEN_BYTES_MAX) return;
  database.pragma(`auto_vacuum = ${INCREMENTAL}`);
  settle(database);
}

/**
 * In a file that can shrink every new table moves what was in its place to the end, also the pages of the schema, and a file
 * that is cut short would lose everything with them. So the tables of ANALYZE are made at once, and the file is written anew.
 */
function settle(database: CatalogueDatabase): void {
  database.pragma('temp_store = FILE'); // the copy is as large as the file
  try {
    database.exec('ANALYZE; VACUUM');
  } catch (error) {
    if (asCatalogueProblem(error, '').kind === 'damaged') throw error;
  } finally {
    database.pragma('temp_store = MEMORY');
  }
}

function damagedProblem(path: string, finding: string | undefined): CatalogueProblem {
  return new CatalogueProblem('damaged', `The catalogue (${path}) is damaged: ${finding ?? 'it cannot be checked'}.`);
}

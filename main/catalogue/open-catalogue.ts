// From a path to a catalogue that can be written: opens, looks for damage, migrates. What to do about damage is decided
// by store/, which can make the tokens that a rebuilt catalogue needs.
import { Catalogue } from './catalogue.ts';
import { CatalogueReader } from './catalogue-reader.ts';
import { asCatalogueProblem, CatalogueProblem } from './catalogue-problem.ts';
import {
  clearCheckMark,
  isMarkedForCheck,
  keepCopyBeforeMigration,
  makeFolderFor,
  makePrivateFile,
  keepFromOthers,
} from './database-files.ts';
import { latestVersion, migrate, MIGRATIONS, refuseNewer, schemaVersion } from './migrations.ts';
import type { Migration } from './migrations.ts';
import { openDatabase, useWriteAheadLog } from './open-database.ts';
import type { CatalogueDatabase } from './open-database.ts';

export interface OpenCatalogueOptions {
  readonly databasePath: string;
  readonly nativeBinding: string | null;
  /** False: no copy is kept of a file that has to be migrated. */
  readonly keepsCopy?: boolean;
  /** Only tests hand in others. */
  readonly migrations?: readonly Migration[];
}

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
    return new CatalogueReader(database);
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
    const [finding] = database.pragma('quick_check(1)', { simple: false }) as { quick_check: string }[];
    if (finding?.quick_check !== 'ok') throw damagedProblem(path, finding?.quick_check);
  }
  clearCheckMark(path);
  const keepCopy = (): void => {
    if (!keepsCopy) return;
    database.pragma('wal_checkpoint(TRUNCATE)'); // the copy is of the main file alone
    keepCopyBeforeMigration(path, latestVersion(migrations));
  };
  migrate(database, { from, migrations, keepCopy });
  // Read-only files and disks open without complaint and fail at the first write; this is that write.
  database.pragma(`user_version = ${latestVersion(migrations)}`);
}

function damagedProblem(path: string, finding: string | undefined): CatalogueProblem {
  return new CatalogueProblem('damaged', `The catalogue (${path}) is damaged: ${finding ?? 'it cannot be checked'}.`);
}

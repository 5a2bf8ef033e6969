// The only file that loads better-sqlite3: opens one connection with the pragmas of its role.
// It knows nothing of tables; `open-catalogue.ts` does. Also the lock that keeps a second process out.
import Database from 'better-sqlite3';
import { CatalogueProblem } from './catalogue-problem.ts';
import { fileIdentity, lockPath, makePrivateFile, removeLock } from './database-files.ts';

/** An open connection. Rooms that may not import better-sqlite3 take its type from here. */
export type CatalogueDatabase = Database.Database;
export type CatalogueStatement = Database.Statement;

export interface DatabaseOptions {
  readonly path: string;
  /** `writer` creates the file when it is missing; `reader` needs it and can change nothing. */
  readonly role: 'writer' | 'reader';
  /** A better_sqlite3.node built for this runtime, or null for the package's own. */
  readonly nativeBinding: string | null;
}

/** `auto_vacuum`: free pages leave the file in steps, when asked (forgetting.ts). */
export const INCREMENTAL = 2;
/** The package's binary needs Node-API 10; on an older Node loading it does not fail, it kills the process. */
const NODE_API_VERSION_MIN = 10;
/** How long a statement waits for another program's lock before it fails with SQLITE_BUSY. */
const LOCK_WAIT_MS = 5000;
/** search.md section 10: 16 MiB of page cache for each connection. */
const CACHE_KIB = 16_384;
/** A WAL that grew past this is cut back when it is next reset: it counts against the quota (housekeeping.ts). */
const WAL_KEPT_BYTES = 8 * 1024 * 1024;

/** Throws `CatalogueProblem` for a runtime that is too old, else whatever SQLite throws. */
export function openDatabase(options: DatabaseOptions): CatalogueDatabase {
  if (options.nativeBinding === null) checkRuntime(process.versions);
  const isReader = options.role === 'reader';
  const database = new Database(options.path, {
    readonly: isReader,
    fileMustExist: isReader,
    timeout: LOCK_WAIT_MS,
    ...(options.nativeBinding === null ? {} : { nativeBinding: options.nativeBinding }),
  });
  try {
    if (isReader) setReaderPragmas(database);
    else setWriterPragmas(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Opens a damaged file to read what is left. `writable_schema` makes SQLite accept a file that is shorter than its header
 * says; `unsafeMode` lets that pragma through. Read-only, so that closing does not move the log into the damaged file.
 */
export function openForSalvage(path: string, nativeBinding: string | null): CatalogueDatabase {
  if (nativeBinding === null) checkRuntime(process.versions);
  const database = new Database(path, { readonly: true, ...(nativeBinding === null ? {} : { nativeBinding }) });
  database.unsafeMode(true);
  database.pragma('writable_schema = ON');
  return database;
}

/**
 * Opens a database of unknown origin to read from it: nothing in it is trusted to call functions, pages are checked as they
 * are read, and nothing is written, not even its log.
 */
export function openForImport(path: string, nativeBinding: string | null): CatalogueDatabase {
  const database = openDatabase({ path, role: 'reader', nativeBinding });
  database.pragma('trusted_schema = 0');
  database.pragma('cell_size_check = 1');
  return database;
}

/**
 * Holds the catalogue at `path` for this process as long as the lock is not released; the system releases it when the process
 * ends, however it ends. Null: another one has it. A disk that knows no locks is used without.
 */
export function holdForOneProcess(path: string, nativeBinding: string | null): { release(): void } | null {
  let database: Database.Database | null = null;
  try {
    makePrivateFile(lockPath(path));
    const before = fileIdentity(lockPath(path));
    database = new Database(lockPath(path), { timeout: 0, ...(nativeBinding === null ? {} : { nativeBinding }) });
    database.pragma('journal_mode = MEMORY'); // nothing is written, and no other file made
    database.exec('BEGIN EXCLUSIVE');
    // Whoever had it removed it, and another one may hold the next.
    if (fileIdentity(lockPath(path)) !== before) {
      database.close();
      return null;
    }
  } catch (error) {
    database?.close();
    const isHeld = error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
    return isHeld ? null : { release: () => undefined };
  }
  const release = (): void => {
    if (!database.open) return;
    const isRemoved = removeLock(path); // while it is still held
    database.close();
    if (!isRemoved) removeLock(path); // Windows removes no file that is open
  };
  return { release };
}

export function checkRuntime(versions: { readonly node: string; readonly napi?: string | undefined }): void {
  if (Number(versions.napi ?? 0) >= NODE_API_VERSION_MIN) return;
  throw new CatalogueProblem(
    'runtime',
    `Lanternfish needs Node 22.14 or newer; this is Node ${versions.node}. Install a newer Node and start Lanternfish again.`,
  );
}

/** Changes the file, so only once it is known to be ours. */
export function useWriteAheadLog(database: CatalogueDatabase): void {
  // These two only have an effect on a new file; open-catalogue.ts brings older ones to the second.
  database.pragma('page_size = 4096');
  database.pragma(`auto_vacuum = ${INCREMENTAL}`);
  database.pragma('journal_mode = WAL');
}

function setWriterPragmas(database: CatalogueDatabase): void {
  database.pragma('synchronous = NORMAL');
  database.pragma(`cache_size = -${CACHE_KIB}`);
  database.pragma('mmap_size = 0');
  database.pragma('temp_store = MEMORY');
  database.pragma('wal_autocheckpoint = 0'); // the writer checkpoints between commits, at a time of its choosing
  database.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
}

function setReaderPragmas(database: CatalogueDatabase): void {
  database.pragma('query_only = 1');
  database.pragma(`cache_size = -${CACHE_KIB}`);
  database.pragma('mmap_size = 0');
}

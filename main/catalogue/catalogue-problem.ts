// What can go wrong with the catalogue's file, as one error with a kind for the code and a sentence for the person.
// Every sentence says what happened, that what was committed is safe (where it is), and what to do.

export type CatalogueProblemKind =
  | 'runtime' //      this Node cannot load the database library
  | 'newer-schema' // written by a newer Lanternfish
  | 'foreign' //      a database, but not ours
  | 'damaged'
  | 'full' //         no room on the disk
  | 'unwritable' //   read-only, no permission, not a folder
  | 'locked' //       another program holds it for a moment
  | 'in-use' //       another Lanternfish has it
  | 'io' //           the disk reports errors
  | 'other';

export class CatalogueProblem extends Error {
  override readonly name = 'CatalogueProblem';
  readonly kind: CatalogueProblemKind;

  /** `sentence` is shown to the person as it is. */
  constructor(kind: CatalogueProblemKind, sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.kind = kind;
  }
}

/** Another process has the catalogue at `path` open. */
export const inUse = (path: string): CatalogueProblem =>
  new CatalogueProblem('in-use', sentenceFor('in-use', path, null));

/** Turns whatever SQLite or the file system threw into a CatalogueProblem about the file at `path`. */
export function asCatalogueProblem(error: unknown, path: string): CatalogueProblem {
  if (error instanceof CatalogueProblem) return error;
  const kind = kindOfCode(codeOf(error));
  return new CatalogueProblem(kind, sentenceFor(kind, path, error), error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

function kindOfCode(code: string): CatalogueProblemKind {
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'damaged';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) return 'unwritable';
  if (/^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|EISDIR|ENOENT)$/.test(code)) return 'unwritable';
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code) || code === 'EBUSY') return 'locked';
  if (/^(SQLITE_IOERR|EIO|EFBIG|ENXIO|ESTALE)/.test(code)) return 'io';
  return 'other';
}

function sentenceFor(kind: CatalogueProblemKind, path: string, error: unknown): string {
  const safe = 'Every torrent stored before this is safe.';
  switch (kind) {
    case 'full':
      return `The disk that holds the catalogue (${path}) is full, so new torrents cannot be stored. ${safe} Free some space; storing goes on by itself.`;
    case 'unwritable':
      return `Lanternfish may not write its catalogue at ${path}: the file, its folder or the disk is read-only or missing. Nothing that was stored has been changed. Allow writing there: storing goes on by itself. Or choose another folder and start Lanternfish again.`;
    case 'locked':
      return `Another program is holding the catalogue (${path}), perhaps a second Lanternfish or a backup. ${safe} Close that program; storing goes on by itself.`;
    case 'damaged':
      return `The catalogue (${path}) is damaged. Everything that can still be read is being saved into a new file, about a minute for each million torrents, and the damaged file is kept. Nothing new is stored until that is done; there is nothing to do.`;
    case 'in-use':
      return `Another Lanternfish is using the catalogue (${path}). ${safe} Close that one, and this one goes on by itself; or give this one a folder of its own.`;
    case 'io':
      return `The disk that holds the catalogue (${path}) reports errors, so new torrents cannot be stored. What was stored before is safe as far as the disk can be read. Check the disk, its cable or the network drive; storing goes on by itself when it works again.`;
    default:
      return `The catalogue (${path}) could not be used: ${error instanceof Error ? error.message : String(error)}. ${safe} Start Lanternfish again; if this comes back, please report it.`;
  }
}

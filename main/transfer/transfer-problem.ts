// How a transfer ends when it does not end well: with a sentence for the person, or because the person wanted it.
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** A failure whose message is a sentence for the person. */
export class TransferProblem extends Error {
  override readonly name = 'TransferProblem';
}

export class JobCancelled extends Error {
  override readonly name = 'JobCancelled';
}

/** A file of ours is never the target, and neither is what is no file: a device, a folder, a pipe. Throws `TransferProblem`. */
export async function checkTarget(targetPath: string, databasePath: string): Promise<void> {
  const folder = await realpath(path.dirname(targetPath)).catch(() => path.dirname(targetPath));
  const ourFolder = await realpath(path.dirname(databasePath)).catch(() => path.dirname(databasePath));
  if (folder === ourFolder && path.basename(targetPath).startsWith(path.basename(databasePath))) {
    throw new TransferProblem(
      `${targetPath} belongs to the catalogue itself. Nothing was written. Choose another name.`,
    );
  }
  const facts = await stat(targetPath).catch(() => null);
  if (facts && !facts.isFile()) {
    throw new TransferProblem(
      `${targetPath} is no file that can be replaced. Nothing was written. Choose another name.`,
    );
  }
}

/** What the file system refused, as a sentence about the file at `path`; other errors come back as they are. */
export function asWriteProblem(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || code === 'EFBIG') {
    return new TransferProblem(
      `There is not enough room for ${path}. Nothing was left there, and the catalogue is as it was. Free some space or choose another disk, and try again.`,
    );
  }
  if (
    /^(EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENOENT|ENAMETOOLONG|ENOTEMPTY|EEXIST|EBUSY|EIO)$/.test(String(code)) ||
    isSqliteRefusal(code)
  ) {
    return new TransferProblem(
      `Lanternfish cannot write ${path} (${String(code)}). Nothing was left there, and the catalogue is as it was. Choose another folder and try again.`,
    );
  }
  return error;
}

function isSqliteRefusal(code: unknown): boolean {
  return /^SQLITE_(CANTOPEN|READONLY|PERM|IOERR|BUSY|LOCKED)/.test(String(code));
}

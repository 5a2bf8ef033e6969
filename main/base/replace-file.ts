// A file that is there whole or not at all: written beside the old one, then renamed over it, so that a crash leaves the old
// one or the new one and never half of one.
import { open, rename, rm, type FileHandle } from 'node:fs/promises';

/** Who reads them learns whom we talked to and what is kept. */
const OWNER_ONLY = 0o600;

/** Rejects if `write` does or the disk refuses; then what was at `path` is untouched. `temporary` is beside it. */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  temporary = `${path}.new`,
): Promise<void> {
  const file = await open(temporary, 'w', OWNER_ONLY);
  try {
    await write(file);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
}

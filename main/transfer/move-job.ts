// Copies the data folder to another place while nobody writes it: file by file into a folder beside the target, each read back
// and compared, and only a whole copy gets the target's name. The source is not touched, so that a kill at any moment leaves
// one whole catalogue at least; what is left of a copy that was cut short has a name of its own and is taken away by the next.
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataFiles, MOVED_FROM_NAME, type DataFile } from './data-files.ts';
import type { JobContext } from './job-context.ts';
import type { MoveJob, TransferResult } from './transfer-contract.ts';
import { asWriteProblem, TransferProblem } from './transfer-problem.ts';

/** 1 MB: some milliseconds to read, write and digest. */
const CHUNK_BYTES = 1024 * 1024;
/** Beside what is copied: the catalogue has to be able to grow. */
const SPARE_BYTES = 100_000_000;
const OWNER_ONLY = 0o600;

/** Where a copy is made before it has its name. */
export const arrivingFolder = (targetDir: string): string => `${targetDir}.arriving`;

/** `targetDir` is there and whole when this resolves; else it is as it was. */
export async function runMove({ fromDir, targetDir }: MoveJob, context: JobContext): Promise<TransferResult> {
  const part = arrivingFolder(targetDir);
  try {
    await rm(part, { recursive: true, force: true });
    const files = await dataFiles(fromDir);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    await checkRoom(path.dirname(targetDir), sizeBytes);
    await mkdir(part, { mode: 0o700 });
    const told = { done: 0, total: 2 * sizeBytes };
    for (const file of files) await copyChecked(file, fromDir, part, context, told);
    await writeFile(path.join(part, MOVED_FROM_NAME), `${JSON.stringify({ folder: fromDir, files })}\n`, {
      mode: OWNER_ONLY,
      flush: true,
    });
    await syncFolder(part);
    context.check();
    await rmdir(targetDir).catch(() => undefined); // an empty one; another is in the way, and the next line says so
    await rename(part, targetDir);
    await syncFolder(path.dirname(targetDir));
    return { kind: 'move', targetDir, sizeBytes };
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw asWriteProblem(error, targetDir);
  }
}

async function checkRoom(folder: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const wanted = sizeBytes + SPARE_BYTES;
  if (bavail * bsize >= wanted) return;
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
  throw new TransferProblem(
    `There is not enough room in ${folder}: ${megabytes(wanted)} are needed and ${megabytes(bavail * bsize)} are free. ` +
      'Everything is where it was.',
  );
}

async function copyChecked(
  { name }: DataFile,
  fromDir: string,
  part: string,
  context: JobContext,
  told: { done: number; readonly total: number },
): Promise<void> {
  const tell = (bytes: number): void => {
    told.done += bytes;
    context.progress({ unit: 'bytes', done: Math.round(told.done / 2), total: told.total / 2, counts: null });
  };
  const target = await open(path.join(part, name), 'wx', OWNER_ONLY);
  let written: string;
  try {
    written = await digestOf(path.join(fromDir, name), context, tell, async (chunk) => {
      await target.writeFile(chunk); // all of it, from where the last one ended
    });
    await target.sync();
  } finally {
    await target.close();
  }
  const readBack = await digestOf(path.join(part, name), context, tell);
  if (readBack === written) return;
  throw new TransferProblem(
    `The copy of ${name} is not what was written: the disk of ${part} may be failing. Everything is where it was.`,
  );
}

async function digestOf(
  file: string,
  context: JobContext,
  tell: (bytes: number) => void,
  take: (chunk: Buffer) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const digest = createHash('sha256');
  const source = await open(file, 'r');
  try {
    for (;;) {
      const { bytesRead, buffer } = await source.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return digest.digest('hex');
      const chunk = buffer.subarray(0, bytesRead);
      digest.update(chunk);
      await take(chunk);
      tell(bytesRead);
      await context.breathe();
    }
  } finally {
    await source.close();
  }
}

/** Names in a folder are on the disk when it is synchronised; Windows knows no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

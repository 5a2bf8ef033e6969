// An import: files one after the other, merged by infohash through the writer. What is stored stays, whether it ends, is
// cancelled or fails; the summary says how much that is.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ImportBatcher } from './import-batcher.ts';
import type { ImportTally } from './import-tally.ts';
import { sourceRows, type SourceFile } from './import-sources.ts';
import type { JobContext } from './job-context.ts';
import { JobCancelled, TransferProblem } from './transfer-problem.ts';
import { IMPORT_PATHS_MAX, type ImportJob, type SkipReason } from './transfer-contract.ts';

/** Resolves when everything is stored. `tally` is filled in any case. */
export async function runImport({ paths }: ImportJob, context: JobContext, tally: ImportTally): Promise<void> {
  const { writer, store, clock } = context;
  if (!writer) throw new TransferProblem('There is no catalogue to import into.');
  const files = await listFiles(paths, tally);
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const batcher = new ImportBatcher(writer, tally);
  const options = { nativeBinding: store.nativeBinding, nowUnixSeconds: clock.nowUnixSeconds() };
  let doneBytes = 0;
  const tell = (inFile: number, isLast = false): void =>
    context.progress({ unit: 'bytes', done: Math.min(doneBytes + inFile, total), total, counts: tally.counts }, isLast);
  try {
    for (const file of files) {
      await importFile(file, options, batcher, tally, async (inFile) => {
        tell(inFile);
        await context.breathe();
      });
      doneBytes += file.sizeBytes;
    }
    await batcher.finish();
    tell(0, true);
  } finally {
    await batcher.settle();
  }
}

async function importFile(
  file: SourceFile,
  options: { readonly nativeBinding: string | null; readonly nowUnixSeconds: number },
  batcher: ImportBatcher,
  tally: ImportTally,
  onStep: (doneBytes: number) => Promise<void>,
): Promise<void> {
  try {
    for await (const { row, place, doneBytes } of sourceRows(file, options)) {
      await batcher.add(row, place);
      await onStep(doneBytes);
    }
  } catch (error) {
    if (error instanceof TransferProblem || error instanceof JobCancelled) throw error;
    // One file that cannot be read does not cost the others.
    tally.skip({ fileName: path.basename(file.path), line: null }, reasonOf(error));
  }
}

function reasonOf(error: unknown): SkipReason {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^SQLITE_(CORRUPT|NOTADB|SCHEMA|ERROR|TOOBIG)/.test(code) ? 'damaged' : 'unreadable';
}

/** Only plain files, at most IMPORT_PATHS_MAX; of a folder, the .torrent files in it. */
async function listFiles(paths: readonly string[], tally: ImportTally): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const skip = (filePath: string, reason: SkipReason): void =>
    tally.skip({ fileName: path.basename(filePath), line: null }, reason);
  const add = async (filePath: string, isInFolder: boolean): Promise<void> => {
    const facts = await stat(filePath).catch(() => null);
    if (!facts || files.length >= IMPORT_PATHS_MAX) return skip(filePath, facts ? 'no-room' : 'unreadable');
    if (facts.isFile()) files.push({ path: filePath, sizeBytes: facts.size });
    else if (facts.isDirectory() && !isInFolder) await addFolder(filePath);
    else if (!isInFolder) skip(filePath, 'unknown-format');
  };
  const addFolder = async (folder: string): Promise<void> => {
    const names = await readdir(folder).catch(() => null);
    if (names === null) return skip(folder, 'unreadable');
    const torrents = names.filter((name) => /\.torrent$/i.test(name));
    if (torrents.length === 0) skip(folder, 'unknown-format');
    for (const name of torrents.sort()) await add(path.join(folder, name), true);
  };
  for (const filePath of paths) await add(filePath, false);
  return files;
}

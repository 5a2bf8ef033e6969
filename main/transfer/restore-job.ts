// Makes a backup ready to take the place of the catalogue: a copy beside it, looked at page by page, of a version that we know,
// built like a catalogue and nothing else, opened once for real. The catalogue itself is not touched here.
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { asCatalogueProblem, CatalogueProblem } from '../catalogue/catalogue-problem.ts';
import { APPLICATION_ID, latestVersion } from '../catalogue/migrations.ts';
import { openCatalogue } from '../catalogue/open-catalogue.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { openDatabase, openForImport } from '../catalogue/open-database.ts';
import { preparedPath, removePrepared } from '../catalogue/replace-catalogue.ts';
import { oddObject } from '../catalogue/schema-check.ts';
import { tokenTexts } from '../store/catalogue-row.ts';
import { factsOf } from './backup-job.ts';
import { findDamage } from './check-database.ts';
import type { JobContext } from './job-context.ts';
import { asWriteProblem, TransferProblem } from './transfer-problem.ts';
import type { CatalogueFacts, RestoreJob, TransferResult } from './transfer-contract.ts';

const CHUNK_BYTES = 1024 * 1024;
const OWNER_ONLY = 0o600;
const BLOCKED_AT_ONCE = 1000;
const UNTOUCHED = 'Your catalogue has not been changed.';

/** Resolves with the prepared copy; when it rejects, nothing is left of it. */
export async function prepareRestore({ sourcePath }: RestoreJob, context: JobContext): Promise<TransferResult> {
  const { databasePath, nativeBinding } = context.store;
  const prepared = preparedPath(databasePath);
  removePrepared(databasePath);
  try {
    await refuseItself(sourcePath, databasePath);
    await copyWithLog(sourcePath, prepared, context);
    await check(prepared, sourcePath, context);
    // Migrates an older one, and proves that it opens. No copy of before is needed: the backup itself is one.
    const catalogue = openCatalogue({ databasePath: prepared, nativeBinding, keepsCopy: false });
    await keepBlocked(catalogue, context);
    const facts: CatalogueFacts = factsOf(catalogue.reader.database);
    catalogue.close();
    return { kind: 'restore', sourcePath, preparedPath: prepared, ...facts };
  } catch (error) {
    removePrepared(databasePath);
    if (error instanceof CatalogueProblem) throw new TransferProblem(sentenceOf(error, sourcePath));
    throw error;
  }
}

/** What the person blocked since the backup was made stays blocked: it is never to come back. */
async function keepBlocked(restored: Catalogue, context: JobContext): Promise<void> {
  const nowUnixSeconds = context.clock.nowUnixSeconds();
  for (const infohashes of blockedNow(context)) {
    restored.mark({ mark: 'block', isOn: true, infohashes, nowUnixSeconds }, ({ name, files }) =>
      tokenTexts(name, files),
    );
    await context.breathe();
  }
}

/** In batches; none where the catalogue of now cannot be read, which may be why somebody restores another. */
function blockedNow({ store: { databasePath, nativeBinding } }: JobContext): Uint8Array[][] {
  try {
    const database = openDatabase({ path: databasePath, role: 'reader', nativeBinding });
    try {
      const all = database
        .prepare('SELECT infohash FROM blocked_infohashes WHERE reason = 0')
        .pluck()
        .all() as Uint8Array[];
      const batchCount = Math.ceil(all.length / BLOCKED_AT_ONCE);
      return Array.from({ length: batchCount }, (_, index) =>
        all.slice(index * BLOCKED_AT_ONCE, (index + 1) * BLOCKED_AT_ONCE),
      );
    } finally {
      database.close();
    }
  } catch {
    return [];
  }
}

async function refuseItself(sourcePath: string, databasePath: string): Promise<void> {
  const real = await realpath(sourcePath).catch(() => null);
  if (real === null) throw new TransferProblem(`There is no file ${sourcePath}, or it may not be read. ${UNTOUCHED}`);
  if (real === (await realpath(databasePath).catch(() => null))) {
    throw new TransferProblem(`${sourcePath} is the catalogue that is in use now: there is nothing to restore.`);
  }
}

/** With the log beside it, should there be one: a file that was copied while a program had it open needs both. */
async function copyWithLog(sourcePath: string, prepared: string, context: JobContext): Promise<void> {
  const logBytes = (await stat(`${sourcePath}-wal`).catch(() => null))?.size ?? 0;
  const { size } = await stat(sourcePath);
  const total = size + logBytes;
  await copyFile(sourcePath, prepared, (done) => tell(context, done, total));
  if (logBytes > 0) await copyFile(`${sourcePath}-wal`, `${prepared}-wal`, (done) => tell(context, size + done, total));
}

async function tell(context: JobContext, done: number, total: number): Promise<void> {
  context.progress({ unit: 'bytes', done, total, counts: null });
  await context.breathe();
}

async function copyFile(from: string, to: string, onStep: (doneBytes: number) => Promise<void>): Promise<void> {
  const source = await openSource(from);
  try {
    const target = await open(to, 'w', OWNER_ONLY).catch((error: unknown) => {
      throw asWriteProblem(error, to);
    });
    try {
      await copyBytes(source, target, onStep);
      await target.sync();
    } catch (error) {
      throw asWriteProblem(error, to);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function openSource(from: string): Promise<FileHandle> {
  try {
    return await open(from, 'r');
  } catch {
    throw new TransferProblem(`${from} cannot be read. ${UNTOUCHED}`);
  }
}

async function copyBytes(
  source: FileHandle,
  target: FileHandle,
  onStep: (doneBytes: number) => Promise<void>,
): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let done = 0; ;) {
    const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    for (let at = 0; at < bytesRead;) at += (await target.write(chunk, at, bytesRead - at)).bytesWritten;
    done += bytesRead;
    await onStep(done);
  }
}

async function check(prepared: string, sourcePath: string, context: JobContext): Promise<void> {
  const name = path.basename(sourcePath);
  const { nativeBinding } = context.store;
  const refuse = (why: string): never => {
    throw new TransferProblem(`${name} ${why} ${UNTOUCHED}`);
  };
  try {
    const database = openForImport(prepared, nativeBinding);
    try {
      const applicationId = Number(database.pragma('application_id', { simple: true }));
      const version = Number(database.pragma('user_version', { simple: true }));
      if (applicationId !== APPLICATION_ID) refuse('is a database, but no Lanternfish catalogue.');
      if (version > latestVersion()) {
        refuse(
          `was written by a newer Lanternfish (format ${version}; this one knows ${latestVersion()}). Install that.`,
        );
      }
      const odd = version < 1 ? 'torrents' : oddObject(database, version, nativeBinding);
      if (odd !== null) refuse(`is not built like a Lanternfish catalogue (${odd}). It may have been tampered with.`);
      const damage = await findDamage(database, () => context.breathe());
      if (damage !== null) refuse(`is damaged (${damage}). You can still import it: what can be read is added.`);
    } finally {
      database.close();
    }
  } catch (error) {
    const { kind } = asCatalogueProblem(error, prepared);
    if (!(error instanceof TransferProblem) && kind === 'damaged') refuse('is damaged, or no catalogue at all.');
    throw error;
  }
}

function sentenceOf(problem: CatalogueProblem, sourcePath: string): string {
  const name = path.basename(sourcePath);
  if (problem.kind === 'full')
    return `There is not enough room to restore ${name}. ${UNTOUCHED} Free some space and try again.`;
  return `${name} could not be opened (${problem.kind}). ${UNTOUCHED}`;
}

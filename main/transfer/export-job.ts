// An export: the catalogue, or what a query finds, written in one of three formats. Rows are read in small steps, each in a
// transaction of its own, so that the writer's log can be emptied meanwhile; what is found after the start is
// not in it, and neither is what the person hid or blocked.
import type { FileHandle } from 'node:fs/promises';
import { fromHex } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import { STARRED } from '../catalogue/marks.ts';
import { openCatalogueReader } from '../catalogue/open-catalogue.ts';
import { csvHeader, csvLine, jsonLine, magnetLine, type ExportedTorrent } from './export-row.ts';
import { findIds } from './found-ids.ts';
import type { JobContext } from './job-context.ts';
import { asWriteProblem, checkTarget } from './transfer-problem.ts';
import { SELECTED_MAX, type ExportJob, type TransferResult } from './transfer-contract.ts';

const STEP_ROWS = 200;
const WRITE_BYTES = 256 * 1024;
const BYTE_ORDER_MARK = '\ufeff';

/** Nothing is at `targetPath` that was not there before, unless this resolves. */
export async function runExport(job: ExportJob, context: JobContext): Promise<TransferResult> {
  await checkTarget(job.targetPath, context.store.databasePath);
  const reader = openCatalogueReader(context.store);
  try {
    const { total, steps } = await idSteps(reader, job, context);
    const lines = new LineWriter();
    let writtenCount = 0;
    const write = async (file: FileHandle): Promise<void> => {
      lines.file = file;
      if (job.format === 'csv') await lines.add((job.withByteOrderMark ? BYTE_ORDER_MARK : '') + csvHeader());
      for (const ids of steps) {
        for (const id of ids) {
          const torrent = read(reader, id, job.withFiles);
          if (torrent === null) continue; // forgotten meanwhile
          await lines.add(lineOf(torrent, job));
          writtenCount++;
        }
        context.progress({ unit: 'torrents', done: writtenCount, total, counts: null });
        await context.breathe();
      }
      await lines.flush();
    };
    await replaceFile(job.targetPath, write, `${job.targetPath}.lanternfish-part`).catch((error: unknown) => {
      throw asWriteProblem(error, job.targetPath);
    });
    context.progress({ unit: 'torrents', done: writtenCount, total, counts: null }, true);
    return { kind: 'export', targetPath: job.targetPath, writtenCount, sizeBytes: lines.sizeBytes };
  } finally {
    reader.close();
  }
}

async function idSteps(
  reader: CatalogueReader,
  { scope }: ExportJob,
  context: JobContext,
): Promise<{ total: number; steps: Iterable<ArrayLike<number> & Iterable<number>> }> {
  if (scope.kind === 'all') return { total: reader.count(), steps: allIds(reader) };
  if (scope.kind === 'selection') {
    const chosen = selectedIds(reader, scope.infohashesHex);
    return { total: chosen.length, steps: slices(chosen) };
  }
  const ids = await findIds(reader, scope, context.clock.nowUnixSeconds(), () => context.breathe());
  return { total: ids.length, steps: slices(ids) };
}

/** Those that are not (any more) in the catalogue, or are not to be shown, are left out. */
function selectedIds(reader: CatalogueReader, infohashesHex: readonly string[]): Uint32Array {
  const ids = infohashesHex.slice(0, SELECTED_MAX).flatMap((hex) => {
    const infohash = fromHex(hex);
    return infohash?.length === IDENTIFIER_BYTES ? (reader.findId(infohash) ?? []) : [];
  });
  const shown: number[] = [];
  for (let at = 0; at < ids.length; at += STEP_ROWS)
    shown.push(...reader.rowsByIds(ids.slice(at, at + STEP_ROWS)).map(({ id }) => id));
  return Uint32Array.from(new Set(shown));
}

/** Oldest first, up to the newest one of now. */
function* allIds(reader: CatalogueReader): Generator<number[]> {
  const untilId = reader.newestId();
  for (let afterId = 0; afterId < untilId;) {
    const rows = reader.rowsBetween({ afterId, untilId, limit: STEP_ROWS });
    if (rows.length === 0) return;
    yield rows.map(({ id }) => id);
    afterId = rows.at(-1)!.id;
  }
}

function* slices(ids: Uint32Array): Generator<Uint32Array> {
  for (let at = 0; at < ids.length; at += STEP_ROWS) yield ids.subarray(at, at + STEP_ROWS);
}

function read(reader: CatalogueReader, id: number, withFiles: boolean): ExportedTorrent | null {
  const details = reader.detailsById(id, { withFiles });
  return details && { details, health: reader.health.get(id), isStarred: (details.marks & STARRED) !== 0 };
}

function lineOf(torrent: ExportedTorrent, { format, withFiles }: ExportJob): string {
  if (format === 'magnets') return magnetLine(torrent);
  return format === 'csv' ? csvLine(torrent, withFiles) : jsonLine(torrent, withFiles);
}

/** Collects lines until a write is worth it. */
class LineWriter {
  file: FileHandle | null = null;
  sizeBytes = 0;
  #lines: string[] = [];
  #characters = 0;

  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= WRITE_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.from(this.#lines.join(''), 'utf8');
    this.#lines = [];
    this.#characters = 0;
    for (let at = 0; at < bytes.length;) at += (await this.file!.write(bytes, at)).bytesWritten;
    this.sizeBytes += bytes.length;
  }
}

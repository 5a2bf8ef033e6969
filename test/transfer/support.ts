// A TransferService joined to a real StoreWriter on a real file, in one thread, and the jobs of a test run on it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../main/base/clock.ts';
import { memoryPorts } from '../../main/base/port.ts';
import { toHex } from '../../main/base/bytes.ts';
import { openCatalogueReader } from '../../main/catalogue/open-catalogue.ts';
import type { StoredDetails } from '../../main/catalogue/catalogue-reader.ts';
import type { TorrentHealth } from '../../main/catalogue/torrent.ts';
import type { TransferToWriter, WriterEvent, WriterToTransfer } from '../../main/store/store-contract.ts';
import type { WriterToSearch } from '../../main/store/writer-search-contract.ts';
import { StoreWriter } from '../../main/store/store-writer.ts';
import type {
  ExportJob,
  ImportSummary,
  TransferEvent,
  TransferJob,
  TransferProgress,
  TransferResult,
} from '../../main/transfer/transfer-contract.ts';
import { TransferService } from '../../main/transfer/transfer-service.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-transfer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type LastWord = Extract<TransferEvent, { type: 'done' | 'failed' | 'cancelled' }>;

export interface TransferRig {
  readonly databasePath: string;
  readonly writer: StoreWriter;
  readonly events: WriterEvent[];
  readonly toSearch: WriterToSearch[];
  readonly progress: TransferProgress[];
  /** `onProgress` may cancel. */
  run(job: TransferJob, onProgress?: (progress: TransferProgress, cancel: () => void) => void): Promise<LastWord>;
  /** Fails the test when the job does not end well. */
  result(job: TransferJob): Promise<TransferResult>;
  import(...paths: string[]): Promise<ImportSummary>;
  export(targetPath: string, changes?: Partial<ExportJob>): Promise<TransferResult>;
}

export function startRig(folder = temporaryFolder()): TransferRig {
  const databasePath = join(folder, 'catalogue.db');
  const options = { databasePath, nativeBinding: null };
  const events: WriterEvent[] = [];
  const toSearch: WriterToSearch[] = [];
  const progress: TransferProgress[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: console.error };
  const writer = new StoreWriter({ options, clock: systemClock, log, post: (event) => void events.push(event) });
  writer.start();
  writer.connectSearch({
    post: (message) => void toSearch.push(message),
    on: () => undefined,
    close: () => undefined,
  });
  onTestFinished(() => writer.stop());
  let receive: (event: TransferEvent) => void = () => undefined;
  const service = new TransferService({ options, clock: systemClock, log, post: (event) => receive(event) });
  const [left, right] = memoryPorts<TransferToWriter, WriterToTransfer>();
  writer.connectTransfer(left);
  service.connectWriter(right);
  let jobId = 0;
  const run: TransferRig['run'] = (job, onProgress = () => undefined) =>
    new Promise((resolve) => {
      const id = ++jobId;
      receive = (event) => {
        if (event.type === 'progress') {
          progress.push(event.progress);
          onProgress(event.progress, () => service.cancel(id));
        } else if (event.type === 'done' || event.type === 'failed' || event.type === 'cancelled') resolve(event);
      };
      service.start(id, job);
    });
  const result = async (job: TransferJob): Promise<TransferResult> => {
    const word = await run(job);
    if (word.type !== 'done') throw new Error(JSON.stringify(word));
    return word.result;
  };
  return {
    ...{ databasePath, writer, events, toSearch, progress, run, result },
    import: async (...paths) => (await result({ kind: 'import', paths })) as ImportSummary & TransferResult,
    export: (targetPath, changes = {}) => result({ ...exportJob(targetPath), ...changes }),
  };
}

export function exportJob(targetPath: string): ExportJob {
  const format = targetPath.endsWith('.csv') ? 'csv' : targetPath.endsWith('.jsonl') ? 'jsonl' : 'magnets';
  const rest = { withFiles: true, withByteOrderMark: true } as const;
  return { kind: 'export', targetPath, format, scope: { kind: 'all' }, ...rest };
}

export interface StoredTorrent {
  readonly details: Omit<StoredDetails, 'id'>;
  readonly health: TorrentHealth | null;
}

/** Everything that a catalogue holds about its torrents, by infohash. */
export function storedTorrents(databasePath: string): Map<string, StoredTorrent> {
  const reader = openCatalogueReader({ databasePath, nativeBinding: null });
  const rows = reader.latestPage({ beforeId: null, limit: 1_000_000 });
  const all = rows.map(({ id, infohash }): [string, StoredTorrent] => {
    const { id: _, ...details } = reader.detailsById(id)!;
    return [toHex(infohash), { details, health: reader.health.get(id) }];
  });
  reader.close();
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

// The window's calls about files: exports, imports, backups, restores. Which file is asked by the system's own dialogs, or
// comes from a drop; what is going on is told to the window as one picture. The work is session.transfer's.
import { dialog, shell, type BrowserWindow, type OpenDialogOptions, type SaveDialogOptions } from 'electron';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Session } from '../session/session.ts';
import type { TransferOutcome } from '../session/transfer-client.ts';
import type { ExportScope, TransferJob, TransferResult } from '../transfer/transfer-contract.ts';
import type { CallInput } from '../../preload/ipc-contract.ts';
import type { Begun, TransferDto, TransferFormat, transferInputs } from '../../preload/transfer-contract.ts';
import type { DataMover } from './data-mover.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import { fileExists } from './torrent-file.ts';

type TransferCalls = Pick<CallHandlers, keyof typeof transferInputs>;

export interface TransferCallsParts {
  readonly session: Session;
  readonly clock: Clock;
  /** What the system's dialogs belong to. */
  readonly window: () => BrowserWindow | null;
  readonly mover: DataMover;
  /** The adult-name filter is on. */
  readonly hidesAdult: () => boolean;
  readonly send: (transfer: TransferDto | null) => void;
}

const ENDINGS: Readonly<Record<TransferFormat, { readonly extension: string; readonly name: string }>> = {
  csv: { extension: 'csv', name: 'CSV for spreadsheets' },
  jsonl: { extension: 'jsonl', name: 'JSON Lines' },
  magnets: { extension: 'txt', name: 'Magnet links' },
};
const BACKUP_ENDING = { extension: 'lanternfish', name: 'Lanternfish backup' };
const IMPORT_EXTENSIONS = ['torrent', 'jsonl', 'ndjson', 'csv', 'txt', 'sqlite3', 'sqlite', 'db', 'lanternfish'];

const NOTHING_YET: Omit<TransferDto, 'kind' | 'state' | 'fileName'> = {
  progress: null,
  problem: null,
  summary: null,
  torrentCount: null,
  sizeBytes: null,
  newestAtUnixSeconds: null,
  asidePath: null,
};

export function transferCalls(parts: TransferCallsParts): TransferCalls {
  return new TransferDesk(parts).calls;
}

class TransferDesk {
  readonly #parts: TransferCallsParts;
  #current: TransferDto | null = null;
  /** What 'show in folder' shows. */
  #writtenPath: string | null = null;
  /** Kept until the next restore or the end. */
  #undoPath: string | null = null;
  #lastFolder: string | null = null;
  #answerRestore: (isConfirmed: boolean) => void = () => undefined;

  constructor(parts: TransferCallsParts) {
    this.#parts = parts;
  }

  get calls(): TransferCalls {
    const { session } = this.#parts;
    return {
      startExport: (input) => this.#export(input),
      chooseImport: async () => {
        const paths = await this.#ask({
          title: 'Import torrents',
          buttonLabel: 'Import',
          properties: ['openFile', 'multiSelections'],
          filters: [
            { name: 'Torrents, lists and catalogues', extensions: IMPORT_EXTENSIONS },
            { name: 'All files', extensions: ['*'] },
          ],
        });
        return this.#import(paths);
      },
      importDropped: ({ paths }) => this.#import(paths.filter(isPlainPath)),
      startBackup: async () => {
        this.#refuseWhileBusy();
        const targetPath = await this.#askWhere('Back up the catalogue', BACKUP_ENDING);
        if (targetPath === null) return 'dismissed';
        return this.#begin({ kind: 'backup', targetPath }, targetPath);
      },
      chooseRestore: async () => {
        this.#refuseWhileBusy();
        const [sourcePath] = await this.#ask({
          title: 'Restore a backup',
          buttonLabel: 'Check this backup',
          properties: ['openFile'],
          filters: [
            { name: BACKUP_ENDING.name, extensions: [BACKUP_ENDING.extension, 'db'] },
            { name: 'All files', extensions: ['*'] },
          ],
        });
        if (sourcePath === undefined) return 'dismissed';
        return this.#begin({ kind: 'restore', sourcePath }, sourcePath);
      },
      confirmRestore: ({ isConfirmed }) => {
        this.#answerRestore(isConfirmed);
        return null;
      },
      undoRestore: () => {
        if (this.#undoPath === null) throw new CallProblem('There is no restore to undo.');
        return this.#begin({ kind: 'restore', sourcePath: this.#undoPath }, this.#undoPath, true);
      },
      chooseDataDir: () => {
        this.#refuseWhileBusy();
        return this.#parts.mover.choose();
      },
      moveDataDir: () => this.#move(),
      cancelTransfer: () => {
        session.transfer.cancel();
        return null;
      },
      showTransferFile: () => {
        if (this.#writtenPath !== null) shell.showItemInFolder(this.#writtenPath);
        return null;
      },
      dismissTransfer: () => {
        if (!session.transfer.isRunning) this.#show(null);
        return null;
      },
      getTransfer: () => this.#current,
    };
  }

  async #export({ format, withFiles, selection, results }: CallInput<'startExport'>): Promise<Begun> {
    this.#refuseWhileBusy();
    const title = selection ? 'Export the selected torrents' : results ? 'Export these results' : 'Export all torrents';
    const targetPath = await this.#askWhere(title, ENDINGS[format]);
    if (targetPath === null) return 'dismissed';
    const narrowed: ExportScope = results ? this.#shown(results) : { kind: 'all' };
    const scope: ExportScope = selection ? { kind: 'selection', infohashesHex: selection } : narrowed;
    return this.#begin({ kind: 'export', targetPath, format, scope, withFiles, withByteOrderMark: true }, targetPath);
  }

  #move(): Begun {
    this.#refuseWhileBusy();
    const moving = this.#parts.mover.begin((progress) => this.#show({ ...begun, progress }));
    const begun: TransferDto = { ...NOTHING_YET, kind: 'move', state: 'running', fileName: moving.targetDir };
    this.#show(begun);
    void moving.outcome.then((outcome) => this.#ended(begun, outcome));
    return 'begun';
  }

  /** What the window shows: without what the adult-name filter hides there. */
  #shown({ showsAdult, ...results }: NonNullable<CallInput<'startExport'>['results']>) {
    return { kind: 'results' as const, ...results, hidesAdult: this.#parts.hidesAdult() && !showsAdult };
  }

  #import(paths: readonly string[]): Begun {
    const [first] = paths;
    if (first === undefined) return 'dismissed';
    return this.#begin({ kind: 'import', paths }, paths.length === 1 ? first : null);
  }

  #refuseWhileBusy(): void {
    if (!this.#parts.session.transfer.isRunning) return;
    throw new CallProblem('An export, import or backup is still running. Wait for it, or cancel it.');
  }

  /** Answers at once; events tell the rest. `isConfirmed`: a restore needs no further question. */
  #begin(job: TransferJob, filePath: string | null, isConfirmed = false): Begun {
    this.#refuseWhileBusy();
    if (filePath !== null && job.kind !== 'restore') this.#lastFolder = path.dirname(filePath);
    const begun: TransferDto = {
      ...{ kind: job.kind, state: 'running', fileName: filePath && path.basename(filePath) },
      ...NOTHING_YET,
    };
    this.#show(begun);
    void this.#parts.session.transfer
      .run(
        job,
        (progress) => this.#show({ ...begun, progress }),
        (facts) => (isConfirmed ? Promise.resolve(true) : this.#confirm({ ...begun, ...facts, state: 'asking' })),
      )
      .then((outcome) => this.#ended(begun, outcome));
    return 'begun';
  }

  async #confirm(asking: TransferDto): Promise<boolean> {
    const answer = new Promise<boolean>((resolve) => (this.#answerRestore = resolve));
    this.#show(asking);
    const isConfirmed = await answer;
    this.#show({ ...asking, state: 'running' });
    return isConfirmed;
  }

  #ended(begun: TransferDto, outcome: TransferOutcome): void {
    if (outcome.kind === 'cancelled') return this.#show({ ...begun, state: 'cancelled', summary: outcome.summary });
    if (outcome.kind === 'failed') {
      const { problem, summary } = outcome;
      return this.#show({ ...begun, state: 'failed', problem, summary });
    }
    const { result, asidePath } = outcome;
    this.#writtenPath = asidePath ?? ('targetPath' in result ? result.targetPath : null);
    if (result.kind === 'restore') this.#undoPath = asidePath;
    this.#show({ ...begun, ...factsOf(result), state: 'done', asidePath });
  }

  #show(transfer: TransferDto | null): void {
    this.#current = transfer;
    this.#parts.send(transfer);
  }

  async #ask(options: OpenDialogOptions): Promise<readonly string[]> {
    const folder = this.#lastFolder === null ? {} : { defaultPath: this.#lastFolder };
    const window = this.#parts.window();
    const asked = { ...options, ...folder };
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, asked)
      : dialog.showOpenDialog(asked));
    return canceled ? [] : filePaths;
  }

  /** The name carries the day; the ending is added where the person left it out. */
  async #askWhere(title: string, { extension, name }: { extension: string; name: string }): Promise<string | null> {
    const day = new Date(this.#parts.clock.nowUnixSeconds() * 1000).toISOString().slice(0, 10);
    const suggested = `Lanternfish ${day}.${extension}`;
    const options: SaveDialogOptions = {
      title,
      filters: [{ name, extensions: [extension] }],
      properties: ['createDirectory', 'showOverwriteConfirmation'],
    };
    let defaultPath = this.#lastFolder === null ? suggested : path.join(this.#lastFolder, suggested);
    for (;;) {
      const window = this.#parts.window();
      const { canceled, filePath } = await (window
        ? dialog.showSaveDialog(window, { ...options, defaultPath })
        : dialog.showSaveDialog({ ...options, defaultPath }));
      if (canceled || !filePath) return null;
      if (path.extname(filePath) !== '') return filePath;
      defaultPath = `${filePath}.${extension}`;
      // Where that name is taken, the dialog has not asked about it: it is shown again, with the whole name.
      if (!(await fileExists(defaultPath))) return defaultPath;
    }
  }
}

/** Preload names files by their whole path; anything else did not come from a drop. */
function isPlainPath(file: string): boolean {
  return path.isAbsolute(file) && !file.includes('\0');
}

function factsOf(result: TransferResult): Partial<TransferDto> {
  switch (result.kind) {
    case 'export':
      return { torrentCount: result.writtenCount, sizeBytes: result.sizeBytes };
    case 'move':
      return { sizeBytes: result.sizeBytes };
    case 'backup':
      return { torrentCount: result.torrentCount, sizeBytes: result.sizeBytes };
    case 'restore':
      return { torrentCount: result.torrentCount, newestAtUnixSeconds: result.newestAtUnixSeconds };
    case 'import': {
      const { kind: _, ...summary } = result;
      return { summary };
    }
  }
}

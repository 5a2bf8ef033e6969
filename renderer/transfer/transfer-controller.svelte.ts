// Export, import, backup and restore as the window sees them: what is going on (the app tells), which dialog is up, and what the
// person asked for. Dialogs about files are the app's.
import type { CallResult, LanternfishApi } from '../../preload/ipc-contract.ts';
import type { Begun, TransferCommandName, TransferDto, TransferFormat } from '../../preload/transfer-contract.ts';
import type { SearchController } from '../search/search-controller.svelte.ts';

export type ExportScope = 'selection' | 'results' | 'everything';

export interface TransferDependencies {
  readonly api: LanternfishApi;
  readonly search: SearchController;
  /** Says a short line: a problem of a call. */
  readonly say: (line: string) => void;
}

export class TransferController {
  /** Null: nothing is going on, and the last outcome was seen. */
  current = $state.raw<TransferDto | null>(null);
  isExportOpen = $state(false);
  format = $state<TransferFormat>('csv');
  withFiles = $state(true);
  /** What is selected, what the search finds now, or everything. */
  scope = $state<ExportScope>('everything');

  readonly isAsking = $derived(this.current?.state === 'asking');
  readonly isModalOpen = $derived(this.isExportOpen || this.isAsking);
  readonly isRunning = $derived(this.current?.state === 'running');
  readonly #dependencies: TransferDependencies;

  constructor(dependencies: TransferDependencies) {
    this.#dependencies = dependencies;
  }

  /** Words or a type narrow the list: then there are results to export apart from everything. */
  get hasResults(): boolean {
    const { search } = this.#dependencies;
    return search.text.trim() !== '' || search.contentType !== null;
  }

  /** A window that was loaded anew finds what goes on. */
  async start(): Promise<void> {
    const answer = await this.#dependencies.api.getTransfer();
    if (answer.ok) this.current ??= answer.value;
  }

  /** The app tells of every change. */
  take(transfer: TransferDto | null): void {
    const before = this.current;
    this.current = transfer;
    const isOver = transfer?.state === 'done' && before?.state !== 'done';
    if (isOver && (transfer.kind === 'restore' || transfer.kind === 'import')) void this.#dependencies.search.run();
  }

  /** What the menus ask for. */
  perform(command: TransferCommandName): Promise<void> {
    switch (command) {
      case 'export':
        this.openExport();
        return Promise.resolve();
      case 'import':
        return this.chooseImport();
      case 'backup':
        return this.startBackup();
      case 'restore':
        return this.chooseRestore();
    }
  }

  /** How many torrents are selected, where it is more than one. */
  get selectedCount(): number {
    const { count } = this.#dependencies.search.cursor.selection;
    return count > 1 ? count : 0;
  }

  /** The narrowest of what there is to export is offered. */
  openExport(): void {
    this.scope = this.selectedCount > 0 ? 'selection' : this.hasResults ? 'results' : 'everything';
    this.isExportOpen = true;
  }

  async export(): Promise<void> {
    const { api, search } = this.#dependencies;
    const { text, contentType, sort, showsAdult } = search;
    const selection = this.scope === 'selection' ? [...search.cursor.selection.infohashesHex] : null;
    const results = this.scope === 'results' ? { text, contentType, sort, showsAdult } : null;
    this.isExportOpen = false;
    await this.#report(api.startExport({ format: this.format, withFiles: this.withFiles, selection, results }));
  }

  chooseImport(): Promise<void> {
    return this.#report(this.#dependencies.api.chooseImport());
  }

  /** Files and folders that were dropped on the window. */
  async drop(files: readonly File[]): Promise<void> {
    if (files.length > 0) await this.#report(this.#dependencies.api.importDropped(files));
  }

  startBackup(): Promise<void> {
    return this.#report(this.#dependencies.api.startBackup());
  }

  chooseRestore(): Promise<void> {
    return this.#report(this.#dependencies.api.chooseRestore());
  }

  undoRestore(): Promise<void> {
    return this.#report(this.#dependencies.api.undoRestore());
  }

  answerRestore(isConfirmed: boolean): void {
    void this.#dependencies.api.confirmRestore({ isConfirmed });
  }

  cancel(): void {
    void this.#dependencies.api.cancelTransfer();
  }

  showFile(): void {
    void this.#dependencies.api.showTransferFile();
  }

  dismiss(): void {
    void this.#dependencies.api.dismissTransfer();
  }

  async #report(call: Promise<CallResult<Begun>>): Promise<void> {
    const answer = await call;
    if (!answer.ok) this.#dependencies.say(answer.problem);
  }
}

// What the writer tells the search thread: segments over rows just committed, rows that changed. One search at a time.
import type { InsertOutcome } from '../catalogue/catalogue.ts';
import type { MarkOutcome } from '../catalogue/mark-table.ts';
import type { Port } from '../base/port.ts';
import { buildSegment } from '../search/index-segment.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import type { WriterToSearch } from './store-contract.ts';

export type SearchPort = Port<never, WriterToSearch>;

export class SearchLine {
  #port: SearchPort | null = null;

  /** The port of a search that has been started again takes the place of the one before. */
  connect(port: SearchPort, isCatalogueOpen: boolean): void {
    this.#port?.close();
    this.#port = port;
    if (isCatalogueOpen) this.tell({ type: 'catalogue-ready' });
  }

  tell(message: Exclude<WriterToSearch, { type: 'segment' }>): void {
    this.#port?.post(message);
  }

  stored({ inserted, removedIds, morePeers }: InsertOutcome): void {
    if (inserted.length > 0) this.#sendSegment(inserted);
    // After the segment: a torrent may come twice in one batch.
    if (removedIds.length + morePeers.length > 0) this.tell({ type: 'changed', removedIds, peers: morePeers });
  }

  marked({ hiddenIds, shownIds }: MarkOutcome): void {
    if (hiddenIds.length + shownIds.length === 0) return;
    this.tell({ type: 'changed', removedIds: hiddenIds, peers: [], restoredIds: shownIds });
  }

  close(): void {
    this.#port?.close();
  }

  #sendSegment(inserted: InsertOutcome['inserted']): void {
    if (this.#port === null) return; // building one takes a while
    const rows = inserted.map(({ id, row }) => ({ ...row, id, contentType: contentTypeNamed(row.contentType) }));
    const { segment, transfer } = buildSegment(rows);
    this.#port.post({ type: 'segment', segment }, transfer);
  }
}

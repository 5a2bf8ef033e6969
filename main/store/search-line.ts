// What the writer tells the search thread: segments over rows just committed, rows that changed. One search at a time.
import type { Clock } from '../base/clock.ts';
import type { InsertOutcome } from '../catalogue/catalogue.ts';
import type { SeedersOfRow } from '../catalogue/catalogue-reader.ts';
import type { MarkOutcome } from '../catalogue/mark-table.ts';
import { buildSegment } from '../search/index-segment.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import { SegmentMerger, type SearchPort } from './segment-merger.ts';
import type { WriterToSearch } from './writer-search-contract.ts';

export class SearchLine {
  readonly #clock: Clock;
  readonly #onDamage: (code: string) => void;
  #port: SearchPort | null = null;
  #merger: SegmentMerger | null = null;

  /** `onDamage`: the search could not read something. */
  constructor(clock: Clock, onDamage: (code: string) => void) {
    this.#clock = clock;
    this.#onDamage = onDamage;
  }

  /** The port of a search that has been started again takes the place of the one before. */
  connect(port: SearchPort, isCatalogueOpen: boolean): void {
    this.#merger?.stop(); // closes its port
    this.#port = port;
    this.#merger = new SegmentMerger(this.#clock, port, this.#onDamage);
    if (isCatalogueOpen) this.tell({ type: 'catalogue-ready' });
  }

  tell(message: Exclude<WriterToSearch, { type: 'segment' | 'merged' }>): void {
    this.#port?.post(message);
  }

  stored({ inserted, removedIds, foundAgain }: InsertOutcome, isImported = false): void {
    if (inserted.length > 0) this.#sendSegment(inserted, isImported);
    // After the segment: a torrent may come twice in one batch.
    this.changed(removedIds, foundAgain);
  }

  /** Rows that are no more, and rows of which another number of seeders is known now. */
  changed(removedIds: readonly number[], seeders: readonly SeedersOfRow[]): void {
    if (removedIds.length + seeders.length === 0) return;
    this.tell({ type: 'changed', removedIds, peers: seeders.map((row) => ({ id: row.id, peersSeen: row.seeders })) });
  }

  marked({ hiddenIds, shownIds }: MarkOutcome): void {
    if (hiddenIds.length + shownIds.length === 0) return;
    this.tell({ type: 'changed', removedIds: hiddenIds, peers: [], restoredIds: shownIds });
  }

  close(): void {
    this.#merger?.stop();
  }

  #sendSegment(inserted: InsertOutcome['inserted'], isImported: boolean): void {
    if (this.#port === null) return; // building one takes a while
    const rows = inserted.map(({ id, row }) => ({ ...row, id, contentType: contentTypeNamed(row.contentType) }));
    const { segment, transfer } = buildSegment(rows);
    this.#port.post({ type: 'segment', segment, isImported }, transfer);
  }
}

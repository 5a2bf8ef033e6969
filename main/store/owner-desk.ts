// Answers what the owner asks of the writer: marks, and the list of what is blocked. Apart from store-writer.ts, which
// brings the catalogue and tells the others what has changed.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { StoredDetails } from '../catalogue/catalogue-reader.ts';
import type { MarkOutcome } from '../catalogue/mark-table.ts';
import { tokenTexts } from './catalogue-row.ts';
import { BLOCKED_LISTED_MAX, MARKED_MAX, type StoreRequest, type WriterAnswer } from './owner-contract.ts';
import { unpacked } from './retry-desk.ts';

export interface Answered {
  readonly answer: WriterAnswer;
  /** What the search should hear of. */
  readonly marked: MarkOutcome | null;
  /** What the engine should not ask about any more, packed; empty where there is nothing. */
  readonly blocked: Uint8Array<ArrayBuffer>;
}

const NOTHING_BLOCKED = new Uint8Array(0);

/** Throws what the database throws. */
export function answerOwner(catalogue: Catalogue, request: StoreRequest, nowUnixSeconds: number): Answered {
  const { requestId } = request;
  if (request.type === 'list-blocked') {
    const limit = Math.max(1, Math.min(BLOCKED_LISTED_MAX, Math.floor(request.limit) || 1));
    const entries = catalogue.blocked.list({ beforeId: request.beforeId, limit });
    const nextBeforeId = entries.length < limit ? null : entries.at(-1)!.id;
    const totalCount = catalogue.blocked.count;
    return {
      answer: { type: 'blocked-list', requestId, entries, nextBeforeId, totalCount },
      marked: null,
      blocked: NOTHING_BLOCKED,
    };
  }
  const { mark, isOn } = request;
  const infohashes = unpacked(request.infohashes.subarray(0, MARKED_MAX * IDENTIFIER_BYTES));
  const marked = catalogue.mark({ mark, isOn, infohashes, nowUnixSeconds }, tokensOf);
  const changed = packed(marked.changed);
  return {
    answer: { type: 'marked', requestId, changed },
    marked,
    blocked: mark === 'block' && isOn ? changed.slice() : NOTHING_BLOCKED,
  };
}

const tokensOf = ({ name, files }: StoredDetails) => tokenTexts(name, files);

function packed(infohashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(infohashes.length * IDENTIFIER_BYTES);
  infohashes.forEach((infohash, index) => bytes.set(infohash, index * IDENTIFIER_BYTES));
  return bytes;
}

// Answers what the owner asks of the writer: marks, and the list of what is blocked. Apart from store-writer.ts, which
// brings the catalogue and tells the others what has changed.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { asCatalogueProblem, inUse } from '../catalogue/catalogue-problem.ts';
import type { StoredDetails } from '../catalogue/catalogue-reader.ts';
import { removeDatabase, removeKeptFiles } from '../catalogue/database-files.ts';
import { holdForOneProcess } from '../catalogue/open-database.ts';
import type { MarkOutcome } from '../catalogue/mark-table.ts';
import { tokenTexts } from './catalogue-row.ts';
import { BLOCKED_LISTED_MAX, MARKED_MAX, type StoreRequest, type WriterAnswer } from './owner-contract.ts';
import { unpacked } from './retry-desk.ts';
import type { StoreOptions } from './store-contract.ts';

/** What needs the catalogue as it is. */
export type DeskRequest = Exclude<StoreRequest, { type: 'delete-everything' }>;

export interface Answered {
  readonly answer: WriterAnswer;
  /** What the search should hear of. */
  readonly marked: MarkOutcome | null;
  /** What the engine should not ask about any more, packed; empty where there is nothing. */
  readonly blocked: Uint8Array<ArrayBuffer>;
  /** What the database threw; then nothing was changed. */
  readonly error: unknown;
}

const NOTHING = { marked: null, blocked: new Uint8Array(0), error: null } as const;

/** `catalogue` null: it is not open. Never throws. */
export function answerOwner(
  catalogue: Catalogue | null,
  request: DeskRequest,
  nowUnixSeconds: number,
  databasePath: string,
): Answered {
  const { requestId } = request;
  const refused = (problem: string, error: unknown): Answered => ({
    ...NOTHING,
    answer: { type: 'store-request-failed', requestId, problem },
    error,
  });
  if (!catalogue) return refused('The catalogue is not open at the moment. Try again.', null);
  try {
    return request.type === 'mark' ? mark(catalogue, request, nowUnixSeconds) : listBlocked(catalogue, request);
  } catch (error) {
    return refused(asCatalogueProblem(error, databasePath).message, error);
  }
}

function listBlocked({ blocked }: Catalogue, request: Extract<StoreRequest, { type: 'list-blocked' }>): Answered {
  const { requestId, beforeId } = request;
  const limit = Math.max(1, Math.min(BLOCKED_LISTED_MAX, Math.floor(request.limit) || 1));
  const entries = blocked.list({ beforeId, limit });
  const nextBeforeId = entries.length < limit ? null : entries.at(-1)!.id;
  const totalCount = blocked.count;
  return { ...NOTHING, answer: { type: 'blocked-list', requestId, entries, nextBeforeId, totalCount } };
}

function mark(
  catalogue: Catalogue,
  { requestId, mark: name, isOn, infohashes: asked }: Extract<StoreRequest, { type: 'mark' }>,
  nowUnixSeconds: number,
): Answered {
  const infohashes = unpacked(asked.subarray(0, MARKED_MAX * IDENTIFIER_BYTES));
  const marked = catalogue.mark({ mark: name, isOn, infohashes, nowUnixSeconds }, tokensOf);
  const changed = packed(marked.changed);
  const blocked = name === 'block' && isOn ? changed.slice() : NOTHING.blocked;
  return { answer: { type: 'marked', requestId, changed }, marked, blocked, error: null };
}

/** Also a catalogue that cannot be opened is deleted: `catalogue` null. Closes it. `error`: what database or files said. */
export function deleteEverything(
  catalogue: Catalogue | null,
  { requestId, keepsBlocked }: Extract<StoreRequest, { type: 'delete-everything' }>,
  { databasePath, nativeBinding }: Pick<StoreOptions, 'databasePath' | 'nativeBinding'>,
): { readonly answer: WriterAnswer; readonly error: unknown } {
  try {
    if (catalogue) {
      catalogue.empty(keepsBlocked);
      catalogue.close();
    } else {
      const lock = holdForOneProcess(databasePath, nativeBinding);
      if (lock === null) throw inUse(databasePath);
      removeDatabase(databasePath);
      lock.release();
    }
    removeKeptFiles(databasePath);
    return { answer: { type: 'emptied', requestId }, error: null };
  } catch (error) {
    const problem = asCatalogueProblem(error, databasePath).message;
    return { answer: { type: 'store-request-failed', requestId, problem }, error };
  }
}

const tokensOf = ({ name, files }: StoredDetails) => tokenTexts(name, files);

function packed(infohashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(infohashes.length * IDENTIFIER_BYTES);
  infohashes.forEach((infohash, index) => bytes.set(infohash, index * IDENTIFIER_BYTES));
  return bytes;
}

// Where a page of results ended, as a short text that the window hands back to get the next one. Opaque outside this file.
// It also fixes what the first page saw (lowId, highId), so that rows found meanwhile neither repeat nor shift anything.

/** In which order results come: the best names of the window, the rest of it, what is older, what only files match. */
export const STAGES = ['best', 'window', 'older', 'files', 'end'] as const;
export type Stage = (typeof STAGES)[number];

export interface ResultCursor {
  readonly stage: Stage;
  /** The window in memory is lowId to highId; older rows are below. */
  readonly lowId: number;
  readonly highId: number;
  /** Stage 'best': how many of the best were shown. */
  readonly offset: number;
  /** The other stages: the place in the order of that stage after which to go on. */
  readonly key: number;
  readonly id: number;
}

export function encodeCursor({ stage, lowId, highId, offset, key, id }: ResultCursor): string {
  return [STAGES.indexOf(stage), lowId, highId, offset, key, id].join('_');
}

/** Null for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): ResultCursor | null {
  const parts = text.split('_');
  if (text.length > 200 || parts.length !== 6 || parts.some((part) => part === '')) return null;
  const numbers = parts.map(Number);
  if (!numbers.every(Number.isFinite)) return null;
  const [stageIndex, lowId, highId, offset, key, id] = numbers as [number, number, number, number, number, number];
  const stage = STAGES[stageIndex];
  if (stage === undefined || ![lowId, highId, offset, id].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    return null;
  }
  return { stage, lowId, highId, offset, key, id };
}

// What becomes of the writer when its file fails it: what may pass is waited for, what is damaged is mended, and only what nobody
// here can help ends storing until the next start.
import type { CatalogueProblemKind } from '../catalogue/catalogue-problem.ts';

/** After this time the same is tried again. */
export const RETRY_AFTER_MS = 15_000;
/** A file that is damaged again and again lies on a disk that should not be written to. */
export const MENDINGS_MAX = 3;

export type Remedy =
  | 'wait' //    the connection is sound: the same batch is tried again
  | 'reopen' //  closed, and opened again after the same time
  | 'mend' //    closed, and opened again at once: what is damaged is set aside and made anew
  | 'give-up'; // closed until the next start

const REMEDIES: Partial<Record<CatalogueProblemKind, Remedy>> = {
  full: 'wait',
  locked: 'wait',
  io: 'reopen', // what the connection remembers of the file may be wrong
  'in-use': 'reopen',
  unwritable: 'reopen',
  damaged: 'mend',
};
/** At the start these are a mistake in the arguments rather than a misfortune. */
const MISTAKES: ReadonlySet<CatalogueProblemKind> = new Set(['in-use', 'unwritable']);

export class Troubles {
  /** What went wrong last and has not been put right; null while all is well. */
  kind: CatalogueProblemKind | null = null;
  #wasOpen = false;
  #mendings = 0;

  /** The catalogue is open, or was written again. */
  over(): void {
    this.kind = null;
    this.#wasOpen = true;
  }

  /** What to do about it, and whether it is worth waiting for. */
  met(kind: CatalogueProblemKind): { readonly remedy: Remedy; readonly isPassing: boolean } {
    this.kind = kind;
    const remedy = REMEDIES[kind] ?? 'give-up';
    if (remedy === 'mend' && this.#mendings++ >= MENDINGS_MAX) return { remedy: 'give-up', isPassing: false };
    const isMistake = MISTAKES.has(kind) && !this.#wasOpen;
    return { remedy, isPassing: remedy !== 'give-up' && !isMistake };
  }
}

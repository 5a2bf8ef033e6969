// Star, hide, block: what a person decides about torrents, each to be taken back by the line that confirms it. What was
// decided here is laid over the rows that came before it, so that nothing waits for the next answer.
import type { CallInput, LanternfishApi, MarksDto } from '../../preload/ipc-contract.ts';
import { messages } from '../shared/messages.ts';

export type Mark = Exclude<CallInput<'setMark'>['mark'], 'open'>;
type Marked = Pick<MarksDto, 'isStarred' | 'isHidden'> & { readonly infohashHex: string };
/** A blocked torrent is out of sight like a hidden one. */
type Decided = { readonly isStarred?: boolean; readonly isHidden?: boolean };

/** Decisions laid over rows; the oldest go, they are in the catalogue. */
const DECIDED_MAX = 20_000;

export interface MarksParts {
  /** Says `line`; `undo` takes it back. */
  readonly say: (line: string, undo?: () => void) => void;
  /** Rows left the list, or came back. */
  readonly onShownChanged: () => void;
}

export class MarksController {
  readonly #api: LanternfishApi;
  readonly #parts: MarksParts;
  #decided = $state.raw<ReadonlyMap<string, Decided>>(new Map());

  constructor(api: LanternfishApi, parts: MarksParts) {
    this.#api = api;
    this.#parts = parts;
  }

  isStarred(row: Marked): boolean {
    return this.#decided.get(row.infohashHex)?.isStarred ?? row.isStarred;
  }

  isHidden(row: Marked): boolean {
    return this.#decided.get(row.infohashHex)?.isHidden ?? row.isHidden;
  }

  /** Sets the mark, or takes it back, says so, and offers the way back. */
  async set(mark: Mark, isOn: boolean, infohashesHex: readonly string[]): Promise<void> {
    if (infohashesHex.length === 0) return;
    const changed = await this.#ask(mark, isOn, infohashesHex);
    if (changed === null) return;
    const line = messages.marks.done(mark, isOn, infohashesHex.length);
    if (changed.length === 0) this.#parts.say(line);
    else this.#parts.say(line, () => void this.#takeBack(mark, isOn, changed));
  }

  async #takeBack(mark: Mark, isOn: boolean, infohashesHex: readonly string[]): Promise<void> {
    if ((await this.#ask(mark, !isOn, infohashesHex)) !== null) this.#parts.say(messages.marks.undone);
  }

  /** Null: it did not work, which has been said. */
  async #ask(mark: Mark, isOn: boolean, infohashesHex: readonly string[]): Promise<readonly string[] | null> {
    const answer = await this.#api.setMark({ mark, isOn, infohashesHex: [...infohashesHex] });
    if (!answer.ok) {
      this.#parts.say(answer.problem);
      return null;
    }
    const decided = new Map(this.#decided);
    for (const infohashHex of infohashesHex) {
      const before = decided.get(infohashHex);
      decided.delete(infohashHex);
      decided.set(infohashHex, { ...before, ...(mark === 'star' ? { isStarred: isOn } : { isHidden: isOn }) });
    }
    for (const oldest of [...decided.keys()].slice(0, Math.max(0, decided.size - DECIDED_MAX))) decided.delete(oldest);
    this.#decided = decided;
    this.#parts.onShownChanged();
    return answer.value;
  }
}

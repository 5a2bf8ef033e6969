// Who may not be stored: what the safety list has, and names with a blocked word. Judges what comes (before its metadata is asked
// for, and again before it is stored) and, when list or words have changed, what is stored, in small steps.
import { crc32 } from 'node:zlib';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { MarkOutcome } from '../catalogue/mark-table.ts';
import type { StoredDetails } from '../catalogue/catalogue-reader.ts';
import type { BlockReason } from '../catalogue/torrent.ts';
import { wordJudge } from './blocked-words.ts';
import { tokenTexts } from './catalogue-row.ts';
import type { SafetyListStatus, StorePolicy } from './owner-contract.ts';
import { StepSize } from './step-size.ts';
import { readSafetyList, safetyListVersion, SAFETY_ENTRIES_MAX, type SafetyList } from './safety-list.ts';

/** Stored rows judged in one step. Looking at one takes 5 us, taking one out a hundred times that. */
const STEP_ROWS = { min: 10, max: 400, wantedMs: 4 };
/** How often it is looked whether the file of the list has changed. */
const LOOK_AT_FILE_EVERY_MS = 10_000;

export interface JudgeDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (outcome: MarkOutcome) => void;
}

export class Judge {
  readonly #dependencies: JudgeDependencies;
  readonly #rows = new StepSize(STEP_ROWS);
  #catalogue: Catalogue | null = null;
  #words: readonly string[] = [];
  #hasWord: ((name: string) => boolean) | null = null;
  #path: string | null = null;
  #list: SafetyList | null = null;
  #listProblem: string | null = null;
  #isReading = false;
  #lookedAtMs = -Infinity;
  /** Rows above this are still to be judged; null when all are. */
  #judgedTo: number | null = null;

  constructor(dependencies: JudgeDependencies) {
    this.#dependencies = dependencies;
  }

  /** False while a list that was subscribed is being read: nobody can say yet what is on it. */
  get canJudge(): boolean {
    return !this.#isWaitingForList;
  }

  /** What window and terminal say of the list; null when none is subscribed. */
  get safetyList(): SafetyListStatus | null {
    if (this.#path === null) return null;
    const { entryCount = 0, malformedCount = 0, excessCount = 0 } = this.#list ?? {};
    const isRead = this.#list !== null;
    return { path: this.#path, isRead, entryCount, malformedCount, excessCount, problem: this.#listProblem };
  }

  watch(catalogue: Catalogue): void {
    this.#catalogue = catalogue;
    catalogue.judge = ({ name, infohashes }) => this.#judge(name, infohashes);
    this.#judgeStored();
  }

  setPolicy({ blockedWords, safetyListPath }: StorePolicy): void {
    this.#words = blockedWords;
    this.#hasWord = wordJudge(blockedWords);
    if (safetyListPath !== this.#path) {
      this.#path = safetyListPath;
      this.#list = null;
      this.#listProblem = null;
    }
    this.#lookedAtMs = -Infinity; // said once more: 'read again'
    this.#judgeStored();
    this.look();
  }

  /** Reads the list again when its file is another one. */
  look(): void {
    const { clock } = this.#dependencies;
    if (this.#path === null || this.#isReading || clock.nowMs() - this.#lookedAtMs < LOOK_AT_FILE_EVERY_MS) return;
    this.#lookedAtMs = clock.nowMs();
    this.#isReading = true;
    void this.#read(this.#path).finally(() => (this.#isReading = false));
  }

  /** Judges some of what is stored; false when there is nothing to judge. */
  step(catalogue: Catalogue): boolean {
    if (this.#judgedTo === null) return false;
    if (this.#judgedTo === 0) this.#takeBackWords(catalogue);
    const { clock } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    this.#judgeFrom(catalogue, this.#judgedTo);
    this.#rows.took(clock.nowMs() - startedAtMs);
    return true;
  }

  #judgeFrom(catalogue: Catalogue, aboveId: number): void {
    const rows = catalogue.marks.rowsToJudge(aboveId, this.#rows.size);
    const found: Record<'list' | 'word', number[]> = { list: [], word: [] };
    for (const { id, name, infohashes } of rows) {
      const reason = this.#judge(name, infohashes);
      if (reason === 'list' || reason === 'word') found[reason].push(id);
    }
    const nowUnixSeconds = this.#dependencies.clock.nowUnixSeconds();
    for (const reason of ['list', 'word'] as const) {
      if (found[reason].length > 0) this.#dependencies.changed(catalogue.block(found[reason], reason, nowUnixSeconds));
    }
    // What the list names is not kept for undo.
    if (found.list.length > 0) catalogue.removeRows(found.list);
    this.#judgedTo = rows.at(-1)?.id ?? null;
    if (this.#judgedTo === null) catalogue.tokens.setSetting('judged_by', this.#fingerprint());
  }

  #judge(name: string | null, infohashes: readonly Uint8Array[]): BlockReason | null {
    const list = this.#list;
    if (list !== null && infohashes.some((infohash) => list.has(infohash))) return 'list';
    return name !== null && this.#hasWord?.(name) === true ? 'word' : null;
  }

  /** Everything stored was judged by these words and this list before, or is to be judged now. */
  #judgeStored(): void {
    const before = this.#catalogue?.tokens.setting('judged_by') ?? NOTHING_TO_JUDGE_BY;
    this.#judgedTo = this.#isWaitingForList || before === this.#fingerprint() ? null : 0;
  }

  get #isWaitingForList(): boolean {
    return this.#path !== null && this.#list === null && this.#listProblem === null;
  }

  #fingerprint(): number {
    if (this.#words.length === 0 && this.#list === null) return NOTHING_TO_JUDGE_BY;
    return crc32(JSON.stringify([this.#words, this.#list?.version ?? null]));
  }

  /** Words may have been taken back: what only a word has blocked is judged anew. */
  #takeBackWords(catalogue: Catalogue): void {
    this.#dependencies.changed(catalogue.unblockWords(this.#dependencies.clock.nowUnixSeconds(), tokensOf));
  }

  async #read(path: string): Promise<void> {
    const version = await safetyListVersion(path);
    if (version !== null && version === this.#list?.version) return;
    try {
      const list = await readSafetyList(path);
      if (this.#path !== path) return;
      this.#list = list;
      this.#listProblem = problemOf(list);
      this.#judgeStored();
    } catch (error) {
      if (this.#path !== path) return;
      const reason = error instanceof Error ? error.message : String(error);
      const kept = this.#list === null ? 'Nothing is checked against it' : 'The entries read before are still used';
      this.#listProblem = `The safety list (${path}) cannot be read: ${reason}. ${kept} until it can.`;
    }
    if (this.#listProblem !== null) this.#dependencies.log.warn(this.#listProblem);
  }
}

const NOTHING_TO_JUDGE_BY = 0;
const tokensOf = ({ name, files }: StoredDetails) => tokenTexts(name, files);

function problemOf({ malformedCount, excessCount, entryCount }: SafetyList): string | null {
  const said: string[] = [];
  const count = (value: number): string => value.toLocaleString('en');
  if (malformedCount > 0)
    said.push(`${count(malformedCount)} lines of the safety list are no SHA-256 and were passed over`);
  if (excessCount > 0)
    said.push(
      `the safety list has ${count(entryCount + excessCount)} entries; the first ${count(SAFETY_ENTRIES_MAX)} are used`,
    );
  if (said.length === 0) return null;
  const text = said.join('; ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

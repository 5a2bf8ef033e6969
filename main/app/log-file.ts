// The app's log on disk: a few files of bounded size, the newest without a number. Written behind the scenes, in order, and
// never a reason to wait or to fail: what cannot be written is counted and said when it can be again.
import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

export const LOG_FILE_BYTES_MAX = 1_000_000;
/** Beside the one being written. */
export const OLD_LOG_FILES = 2;
/** Lines wait here while the disk is slow; a second's worth of a very talkative app. */
const WAITING_CHARACTERS_MAX = 256 * 1024;

export class LogFile {
  readonly path: string;
  readonly #bytesMax: number;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #lostLines = 0;
  #bytes: number | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  /** Makes `folder` when the first line comes. */
  constructor(folder: string, bytesMax = LOG_FILE_BYTES_MAX) {
    this.path = path.join(folder, 'lanternfish.log');
    this.#bytesMax = bytesMax;
  }

  /** `line` with its newline. Returns at once. */
  write(line: string): void {
    if (this.#waitingCharacters + line.length > WAITING_CHARACTERS_MAX) {
      this.#lostLines++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#writing = this.#drain();
  }

  /** Resolves when everything given so far is in the file, or lost. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** The last `linesMax` lines, over the two newest files. */
  async tail(linesMax: number): Promise<string[]> {
    await this.flush();
    const older = await readFile(this.#old(1), 'utf8').catch(() => '');
    const newest = await readFile(this.path, 'utf8').catch(() => '');
    return `${older}${newest}`.split('\n').filter(Boolean).slice(-linesMax);
  }

  /** Forgets everything written so far. */
  async clear(): Promise<void> {
    await this.flush();
    this.#bytes = null;
    for (let number = 0; number <= OLD_LOG_FILES; number++) {
      await rm(number === 0 ? this.path : this.#old(number), { force: true });
    }
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const text = this.#take();
        await this.#append(text).catch(() => {
          this.#lostLines += text.split('\n').length - 1;
          this.#bytes = null; // whatever is there now: look again
        });
      }
    } finally {
      this.#isWriting = false;
    }
  }

  #take(): string {
    const lost = this.#lostLines === 0 ? '' : `${this.#lostLines} lines could not be written\n`;
    this.#lostLines = 0;
    const text = lost + this.#waiting.join('');
    this.#waiting = [];
    this.#waitingCharacters = 0;
    return text;
  }

  async #append(text: string): Promise<void> {
    if (this.#bytes === null) {
      await mkdir(path.dirname(this.path), { recursive: true, mode: 0o700 });
      this.#bytes = await stat(this.path).then(
        (found) => found.size,
        () => 0,
      );
    }
    const bytes = Buffer.byteLength(text);
    if (this.#bytes > 0 && this.#bytes + bytes > this.#bytesMax) {
      for (let number = OLD_LOG_FILES; number >= 1; number--) {
        // A missing file is the usual case at first; any other failure shows when writing.
        await rename(number === 1 ? this.path : this.#old(number - 1), this.#old(number)).catch(() => undefined);
      }
      this.#bytes = 0;
    }
    await appendFile(this.path, text, { mode: 0o600 });
    this.#bytes += bytes;
  }

  #old(number: number): string {
    return this.path.replace(/\.log$/, `.${number}.log`);
  }
}

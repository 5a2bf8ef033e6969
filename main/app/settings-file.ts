// What the app remembers about the person's wishes, as one small JSON file: readable before any database opens.
// A damaged file is kept aside and said; it is never a reason not to start.
import { copyFileSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../base/replace-file.ts';
import type { Settings } from '../../preload/settings-contract.ts';
import { settingsFrom } from './settings-schema.ts';

/** Some kilobytes, unless many words are blocked; a bigger one is not ours. */
const FILE_CHARACTERS_MAX = 1024 * 1024;

export class SettingsFile {
  readonly #path: string;
  #settings: Settings;
  #writing: Promise<void> = Promise.resolve();
  /** A sentence when the file was damaged and put aside; it stays until the app ends. */
  readonly notice: string | null;
  /** A sentence while the settings cannot be written, else null. */
  problem: string | null = null;
  /** Called with the settings as they are now and as they were, at once, before they are on disk. */
  onChanged: (settings: Settings, before: Settings) => void = () => undefined;

  private constructor(filePath: string, settings: Settings, notice: string | null) {
    this.#path = filePath;
    this.#settings = settings;
    this.notice = notice;
  }

  get settings(): Readonly<Settings> {
    return this.#settings;
  }

  /** Reads `filePath`; missing means defaults. Never throws. It waits for the disk: call it before there is a window. */
  static read(filePath: string): SettingsFile {
    const text = textOf(filePath);
    const parsed = text === null || text.length > FILE_CHARACTERS_MAX ? null : parseJson(text);
    const { settings, badFields } = settingsFrom(parsed ?? {});
    const isDamaged = text !== null && (parsed === null || badFields.length > 0);
    if (!isDamaged) return new SettingsFile(filePath, settings, null);
    const what =
      parsed === null
        ? 'The settings file was damaged. Settings are at their defaults'
        : `Some settings could not be read and are at their defaults: ${badFields.join(', ')}`;
    const aside = keepAside(filePath) ? ` The old file was kept as ${path.basename(filePath)}.damaged.` : '';
    return new SettingsFile(filePath, settings, `${what}.${aside} Torrents are not touched by this.`);
  }

  /** Changes some settings now and writes the file soon (temporary file, then rename); writes never overlap. */
  change(change: { readonly [Name in keyof Settings]?: Settings[Name] | undefined }): Promise<void> {
    const before = this.#settings;
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    this.#settings = { ...before, ...(Object.fromEntries(given) as Partial<Settings>) };
    this.onChanged(this.#settings, before);
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Resolves when everything changed so far is on disk, or `problem` says why not. */
  saved(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    try {
      await mkdir(path.dirname(this.#path), { recursive: true });
      await replaceFile(this.#path, async (file) => {
        await file.writeFile(`${JSON.stringify(this.#settings, null, 2)}\n`);
      });
      this.problem = null;
    } catch (error) {
      this.problem = `The settings could not be saved: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

/** Null: there is no such file; '' where it cannot be read. */
function textOf(filePath: string): string | null {
  try {
    return readFileSync(filePath, 'utf8');
  } catch (error) {
    return isMissing(error) ? null : '';
  }
}

function keepAside(filePath: string): boolean {
  try {
    copyFileSync(filePath, `${filePath}.damaged`);
    return true;
  } catch {
    return false;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

// The few things the app remembers about the person's wishes, as one small JSON file: readable before any database opens.
// A damaged file is kept aside and said; it is never a reason not to start.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { PACES } from '../engine/engine-contract.ts';
import { NAMES_IN_MEMORY, NAMES_IN_MEMORY_DEFAULT } from '../store/store-contract.ts';
import { THEMES } from '../../preload/ipc-contract.ts';

const settingsSchema = v.object({
  /** When the network notice was accepted; null: nothing may be sent. */
  consentAtUnixSeconds: v.fallback(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
  isPaused: v.fallback(v.boolean(), false),
  pace: v.fallback(v.picklist(PACES), 'balanced'),
  theme: v.fallback(v.picklist(THEMES), 'system'),
  mayOpenMagnets: v.fallback(v.boolean(), false),
  /** Names that the search keeps in memory. */
  namesInMemory: v.fallback(v.picklist(NAMES_IN_MEMORY), NAMES_IN_MEMORY_DEFAULT),
  /** What closing the window means; null: ask. */
  closesToTray: v.fallback(v.nullable(v.boolean()), null),
});

export type Settings = v.InferOutput<typeof settingsSchema>;

/** A settings file is a few hundred bytes; a bigger one is not ours. */
const FILE_BYTES_MAX = 64 * 1024;

export class SettingsFile {
  readonly #path: string;
  #settings: Settings;
  #writing: Promise<void> = Promise.resolve();
  /** A sentence when the file was damaged or cannot be written, else null. */
  problem: string | null = null;

  private constructor(filePath: string, settings: Settings) {
    this.#path = filePath;
    this.#settings = settings;
  }

  get settings(): Readonly<Settings> {
    return this.#settings;
  }

  /** Reads `filePath`; missing means defaults. Never rejects. */
  static async read(filePath: string): Promise<SettingsFile> {
    const text = await readFile(filePath, 'utf8').catch(() => null);
    const parsed = text === null || text.length > FILE_BYTES_MAX ? null : parseJson(text);
    const result = v.safeParse(settingsSchema, parsed ?? {});
    const file = new SettingsFile(filePath, result.success ? result.output : v.parse(settingsSchema, {}));
    if (text !== null && (parsed === null || !result.success)) {
      const kept = `${filePath}.damaged`;
      await rename(filePath, kept).catch(() => undefined);
      file.problem = `The settings file was damaged and was put aside as ${path.basename(kept)}. Defaults are in use.`;
    }
    return file;
  }

  /** Changes some settings now and writes the file soon (temporary file, then rename); writes never overlap. */
  change(change: Partial<Settings>): Promise<void> {
    this.#settings = { ...this.#settings, ...change };
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    try {
      await mkdir(path.dirname(this.#path), { recursive: true });
      const temporary = `${this.#path}.new`;
      const handle = await open(temporary, 'w', 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(this.#settings, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.#path);
      this.problem = null;
    } catch (error) {
      this.problem = `The settings could not be saved: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
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

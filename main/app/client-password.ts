// The password of the torrent client: a file of its own, so that it is in no settings that travel to the window or into
// diagnostics. Encrypted by the system's keychain where it has one; else the file is only readable by the person's account.
import { readFile, rm } from 'node:fs/promises';
import { replaceFile } from '../base/replace-file.ts';

/** In the profile folder. */
export const CLIENT_PASSWORD_FILE = 'torrent-client.json';
const FILE_CHARACTERS_MAX = 20_000;

/** Electron's safeStorage, as far as it is needed. */
export interface Keychain {
  /** False where it would only scramble. */
  isAvailable(): boolean;
  encrypt(text: string): Buffer;
  /** Throws where another account or machine encrypted it. */
  decrypt(bytes: Buffer): string;
}

export interface PasswordFacts {
  readonly isSet: boolean;
  /** False: there is no keychain, so the file is all that protects it. */
  readonly isEncrypted: boolean;
}

export class ClientPassword {
  readonly #path: string;
  readonly #keychain: Keychain;

  constructor(path: string, keychain: Keychain) {
    this.#path = path;
    this.#keychain = keychain;
  }

  /** Empty when there is none, or when it cannot be read any more. */
  async read(): Promise<string> {
    const stored = await this.#stored();
    if (stored === null) return '';
    if (stored.plain !== undefined) return stored.plain;
    try {
      return this.#keychain.decrypt(Buffer.from(stored.encrypted ?? '', 'base64'));
    } catch {
      return ''; // the keychain of another account or machine: the person is asked for it again
    }
  }

  async facts(): Promise<PasswordFacts> {
    return { isSet: (await this.read()) !== '', isEncrypted: this.#keychain.isAvailable() };
  }

  /** Empty: forgets it. */
  async set(password: string): Promise<void> {
    if (password === '') return rm(this.#path, { force: true });
    const stored = this.#keychain.isAvailable()
      ? { encrypted: this.#keychain.encrypt(password).toString('base64') }
      : { plain: password };
    await replaceFile(this.#path, async (file) => {
      await file.writeFile(`${JSON.stringify(stored)}\n`);
    });
  }

  async #stored(): Promise<{ readonly plain?: string; readonly encrypted?: string } | null> {
    try {
      const text = await readFile(this.#path, 'utf8');
      const value: unknown = text.length > FILE_CHARACTERS_MAX ? null : JSON.parse(text);
      if (typeof value !== 'object' || value === null) return null;
      const { plain, encrypted } = value as Record<string, unknown>;
      if (typeof plain === 'string') return { plain };
      return typeof encrypted === 'string' ? { encrypted } : null;
    } catch {
      return null; // none, or damaged: as if there were none
    }
  }
}

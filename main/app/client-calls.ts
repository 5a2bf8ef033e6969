// What the window may ask about the torrent client: try it, hand torrents to it, keep its password. The window names
// infohashes; the links are made here, of what is stored.
import { safeStorage } from 'electron';
import path from 'node:path';
import { magnetLink } from '../catalogue/magnet-link.ts';
import type { Session } from '../session/session.ts';
import { CLIENT_PASSWORD_FILE, ClientPassword, type Keychain } from './client-password.ts';
import { ClientProblem } from './client-request.ts';
import type { DataFolders } from './data-folders.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import type { SettingsFile } from './settings-file.ts';
import { CLIENT_ADDRESSES, type ClientAccess, handToClient, testClient } from './torrent-client.ts';

export interface ClientCallsParts {
  readonly search: Session['search'];
  readonly settings: SettingsFile;
  readonly folders: DataFolders;
}

type ClientCallName = 'getClientFacts' | 'setClientPassword' | 'testClient' | 'sendToClient' | 'cancelClient';

const NONE = 'No torrent client is set up. Choose one in the settings.';

export function clientCalls({ search, settings, folders }: ClientCallsParts): Pick<CallHandlers, ClientCallName> {
  const password = new ClientPassword(path.join(folders.profileDir, CLIENT_PASSWORD_FILE), keychain);
  /** Of what is asked of the client now; a newer request ends it. */
  let current = new AbortController();
  const begin = (): AbortSignal => {
    current.abort();
    current = new AbortController();
    return current.signal;
  };
  const access = async (): Promise<ClientAccess> => {
    const client = settings.settings.torrentClient;
    if (client === null) throw new CallProblem(NONE);
    return { ...client, password: await password.read() };
  };
  return {
    getClientFacts: async () => ({ password: await password.facts(), addresses: CLIENT_ADDRESSES }),
    setClientPassword: async (input) => {
      await password.set(input.password).catch(() => {
        throw new CallProblem('The password could not be kept: the profile folder cannot be written.');
      });
      return password.facts();
    },
    testClient: async () => {
      try {
        return await testClient(await access(), begin());
      } catch (error) {
        if (error instanceof ClientProblem) throw new CallProblem(error.message);
        throw error;
      }
    },
    sendToClient: async ({ infohashesHex }) => {
      const client = await access();
      const links = (await search.links(infohashesHex)).map(magnetLink);
      if (links.length === 0) throw new CallProblem('None of these torrents is in the catalogue any more.');
      return handToClient(client, links, begin());
    },
    cancelClient: () => {
      current.abort();
      return null;
    },
  };
}

// The newer calls are promises, and the runtime of the tests does not have them yet.
/* eslint-disable @typescript-eslint/no-deprecated */
const keychain: Keychain = {
  // Without a keychain Linux has 'basic_text', whose key is in everybody's source code.
  isAvailable: () =>
    safeStorage.isEncryptionAvailable() &&
    (process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text'),
  encrypt: (text) => safeStorage.encryptString(text),
  decrypt: (bytes) => safeStorage.decryptString(bytes),
};

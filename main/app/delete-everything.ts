// What 'Delete everything' means: every torrent with what the person made of it, saved searches, and every copy that was kept
// aside; on wish also what Lanternfish remembers beside them, as on the first day. Files that a person made (exports, backups)
// are theirs and stay. Discovering is paused first, so that what is empty stays empty until the person resumes.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Session } from '../session/session.ts';
import { CLIENT_PASSWORD_FILE } from './client-password.ts';
import type { DataFolders } from './data-folders.ts';
import { CallProblem } from './ipc-handlers.ts';
import type { LogFile } from './log-file.ts';
import type { Pausing } from './pausing.ts';
import type { SettingsFile } from './settings-file.ts';
import { DEFAULT_SETTINGS } from './settings-schema.ts';

export interface DeletingParts {
  readonly session: Pick<Session, 'store' | 'transfer' | 'withoutEngine' | 'forgetEngine'>;
  readonly settings: SettingsFile;
  readonly pausing: Pick<Pausing, 'pauseIfAgreed' | 'settingsChanged'>;
  readonly folders: DataFolders;
  readonly logFile: Pick<LogFile, 'clear'>;
}

export interface DeletingWishes {
  /** The list of what is blocked stays: infohashes without their names. */
  readonly keepsBlocked: boolean;
  /** Settings, addresses of nodes and logs as well: nothing is sent until the person agrees anew. */
  readonly forgetsAll: boolean;
}

/** Addresses of nodes, our node id and what was asked of whom (main/engine/saved-state.ts). */
const NODE_TABLES = 'dht-state.benc';

/** Rejects with a sentence; then the torrents are there as before, unless the sentence says otherwise. */
export async function deleteEverything(parts: DeletingParts, wishes: DeletingWishes): Promise<void> {
  const { session, settings, pausing } = parts;
  if (session.transfer.isRunning) {
    throw new CallProblem('An export, import or backup is still running. Wait for it, or cancel it; then delete.');
  }
  // On disk before anything goes: a kill in the middle does not start it all over.
  await pausing.pauseIfAgreed();
  if (wishes.forgetsAll) await session.forgetEngine();
  await session.withoutEngine(async () => {
    await session.store.deleteEverything({ keepsBlocked: wishes.keepsBlocked });
    await settings.change({ savedSearches: [] });
    if (wishes.forgetsAll) await forgetAll(parts);
  });
}

async function forgetAll({ folders, settings, logFile, pausing }: DeletingParts): Promise<void> {
  for (const name of await readdir(folders.dataDir)) {
    if (name.startsWith(NODE_TABLES)) await rm(path.join(folders.dataDir, name), { force: true });
  }
  // Where the data is stays known: it is empty, and the next torrents go there.
  await settings.change({ ...DEFAULT_SETTINGS, dataDir: settings.settings.dataDir });
  pausing.settingsChanged(); // the pause before the deletion is forgotten, too: who agrees again begins at once
  await rm(path.join(folders.profileDir, 'settings.json.damaged'), { force: true });
  await rm(path.join(folders.profileDir, CLIENT_PASSWORD_FILE), { force: true });
  await logFile.clear();
  if (settings.problem !== null) throw new CallProblem(`The torrents were deleted. ${settings.problem}`);
}

// Where things lie on this system (README, "Where your data is"): settings small and roaming, the catalogue local.
import { app } from 'electron';
import { homedir } from 'node:os';
import path from 'node:path';

export interface DataFolders {
  /** Chromium's profile and the settings file. */
  readonly profileDir: string;
  /** Catalogue and saved tables. Another one after a move (data-mover.ts). */
  dataDir: string;
}

/** The folders for `dataDir` of the command line, or the system's own places when it is null. Creates nothing. */
export function dataFolders(dataDir: string | null): DataFolders {
  if (dataDir !== null) {
    const root = path.resolve(dataDir);
    return { profileDir: path.join(root, 'profile'), dataDir: root };
  }
  const profileDir = path.join(app.getPath('appData'), 'Lanternfish');
  switch (process.platform) {
    case 'win32':
      return { profileDir, dataDir: path.join(process.env['LOCALAPPDATA'] ?? homedir(), 'Lanternfish', 'data') };
    case 'darwin':
      return { profileDir, dataDir: path.join(profileDir, 'data') };
    default: {
      const xdgDataHome = process.env['XDG_DATA_HOME'] ?? path.join(homedir(), '.local', 'share');
      return { profileDir, dataDir: path.join(xdgDataHome, 'lanternfish') };
    }
  }
}

// What the window may ask about settings: change them, see what this machine offers, choose files and folders. Paths are
// chosen in the system's own dialogs; the window never names one.
import { dialog, shell, type BrowserWindow } from 'electron';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { namesInMemoryChoices } from '../store/store-contract.ts';
import type { LocalAddressDto } from '../../preload/settings-contract.ts';
import { canStartWithComputer } from './autostart.ts';
import type { DataFolders } from './data-folders.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import type { SettingsFile } from './settings-file.ts';
import { DEFAULT_SETTINGS } from './settings-schema.ts';

export interface SettingsCallsParts {
  readonly settings: SettingsFile;
  readonly folders: DataFolders;
  readonly window: () => BrowserWindow | null;
}

type SettingsCallName = 'changeSettings' | 'getSettingsFacts' | 'openDataDir' | 'chooseSafetyList';

/** More network cards than anybody has. */
const ADDRESSES_MAX = 64;

export function settingsCalls({ settings, folders, window }: SettingsCallsParts): Pick<CallHandlers, SettingsCallName> {
  return {
    changeSettings: (change) => {
      void settings.change(change);
      return null;
    },
    getSettingsFacts: () => ({
      defaults: DEFAULT_SETTINGS,
      localAddresses: localAddresses(),
      dataDir: folders.dataDir,
      canStartWithComputer: canStartWithComputer(),
      namesInMemoryChoices: namesInMemoryChoices(),
    }),
    openDataDir: async () => {
      const problem = await shell.openPath(folders.dataDir);
      if (problem) throw new CallProblem(`The folder could not be opened: ${problem}`);
      return null;
    },
    chooseSafetyList: async () => {
      const file = await chosenPath(window(), {
        title: 'Safety list',
        properties: ['openFile'],
        filters: [
          { name: 'Text', extensions: ['txt', 'list', 'sha256'] },
          { name: 'All files', extensions: ['*'] },
        ],
        defaultPath: path.dirname(settings.settings.safetyListPath ?? folders.dataDir),
      });
      if (file !== null) void settings.change({ safetyListPath: file });
      return null;
    },
  };
}

async function chosenPath(window: BrowserWindow | null, options: Electron.OpenDialogOptions): Promise<string | null> {
  const { filePaths } = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
  return filePaths[0] ?? null;
}

/** Addresses of this machine that the network can be spoken to from; link-local ones cannot. */
function localAddresses(): LocalAddressDto[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, entries = []]) => entries.map(({ address, internal }) => ({ host: address, name, internal })))
    .filter(({ host, internal }) => !internal && !/^fe80:/i.test(host))
    .slice(0, ADDRESSES_MAX)
    .map(({ host, name }) => ({ host, name }));
}

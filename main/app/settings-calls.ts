// What the window may ask about settings: change them, see what this machine offers, what is blocked, where the data is.
import { dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron';
import { networkInterfaces } from 'node:os';
import { namesInMemoryChoices } from '../store/store-contract.ts';
import type { LocalAddressDto, settingsInputs } from '../../preload/settings-contract.ts';
import { policyOf } from './apply-settings.ts';
import { canStartWithComputer } from './autostart.ts';
import { deleteEverything, type DeletingParts } from './delete-everything.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import { DEFAULT_SETTINGS } from './settings-schema.ts';

type SettingsCalls = Pick<CallHandlers, keyof typeof settingsInputs>;

const BLOCKED_PAGE = 50;
/** More network cards than anybody has. */
const ADDRESSES_MAX = 64;

export interface SettingsCallsParts extends DeletingParts {
  /** What the system's dialogs belong to. */
  readonly window: () => BrowserWindow | null;
}

export function settingsCalls(parts: SettingsCallsParts): SettingsCalls {
  const { settings, folders } = parts;
  const { store } = parts.session;
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
    getBlocked: ({ beforeId }) => store.blocked({ beforeId, limit: BLOCKED_PAGE }),
    setBlocked: async ({ infohashHex, isBlocked }) => {
      await store.mark('block', isBlocked, [infohashHex]);
      return null;
    },
    chooseSafetyList: async () => {
      const { safetyListPath } = settings.settings;
      const asked: OpenDialogOptions = {
        title: 'Subscribe a safety list',
        buttonLabel: 'Subscribe',
        properties: ['openFile'],
        ...(safetyListPath === null ? {} : { defaultPath: safetyListPath }),
      };
      const window = parts.window();
      const { canceled, filePaths } = await (window
        ? dialog.showOpenDialog(window, asked)
        : dialog.showOpenDialog(asked));
      if (!canceled && filePaths[0] !== undefined) await settings.change({ safetyListPath: filePaths[0] });
      return null;
    },
    readSafetyListAgain: () => {
      store.setPolicy(policyOf(settings.settings)); // said once more, it looks at the file
      return null;
    },
    deleteEverything: async (wishes) => {
      await deleteEverything(parts, wishes);
      return null;
    },
    openDataDir: async () => {
      const problem = await shell.openPath(folders.dataDir);
      if (problem) throw new CallProblem(`The folder could not be opened: ${problem}`);
      return null;
    },
  };
}

/** Addresses of this machine that the network can be spoken to from; link-local ones cannot. */
function localAddresses(): LocalAddressDto[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, entries = []]) => entries.map(({ address, internal }) => ({ host: address, name, internal })))
    .filter(({ host, internal }) => !internal && !/^fe80:/i.test(host))
    .slice(0, ADDRESSES_MAX)
    .map(({ host, name }) => ({ host, name }));
}

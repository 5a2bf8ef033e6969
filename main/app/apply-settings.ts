// The one place from which a changed setting reaches whoever owns it. A setting without an entry here does not compile.
import { nativeTheme } from 'electron';
import type { Session } from '../session/session.ts';
import type { StorePolicy } from '../store/owner-contract.ts';
import type { EngineOptions } from '../engine/engine-contract.ts';
import type { Settings, Theme } from '../../preload/settings-contract.ts';
import type { MainWindow } from './main-window.ts';
import type { Pausing } from './pausing.ts';
import type { SavedSearches } from './saved-searches.ts';
import type { Updates } from './updates.ts';
import { paceOf, trackersOf } from './engine-options.ts';

type Apply = (settings: Settings) => void;
/** Null: whoever needs it reads it when it is needed, or the window itself does what it says. */
export type SettingAppliers = { readonly [Name in keyof Settings]: Apply | null };

export interface BackgroundParts {
  readonly pausing: Pick<Pausing, 'settingsChanged'>;
  readonly savedSearches: Pick<SavedSearches, 'settingsChanged'>;
  readonly updates: Pick<Updates, 'setWanted'>;
  readonly setStartWithComputer: (isWanted: boolean) => void;
  readonly window: Pick<MainWindow, 'setZoom'>;
}

/** `engineOptions`: with the settings as they are when it is called. */
export function settingAppliers(
  session: Pick<Session, 'restartEngine' | 'setPace' | 'setNamesInMemory' | 'setTrackers' | 'store'>,
  engineOptions: () => EngineOptions,
  { pausing, savedSearches, updates, setStartWithComputer, window }: BackgroundParts,
): SettingAppliers {
  const setPace: Apply = (settings) => session.setPace(paceOf(settings));
  // Another port or address wants another socket; the simplest honest way is another thread, and its tables are saved.
  const rebind: Apply = () => void session.restartEngine(engineOptions());
  const setPolicy: Apply = (settings) => session.store.setPolicy(policyOf(settings));
  const lookAtPauses: Apply = () => pausing.settingsChanged();
  return {
    consentAtUnixSeconds: null,
    isPaused: null,
    pausedUntilUnixSeconds: null,
    dataDir: null,
    pace: setPace,
    customLimits: (settings) => {
      if (settings.pace === 'custom') setPace(settings);
    },
    port: rebind,
    bindHost: rebind,
    ipv6: rebind,
    trackersOn: (settings) => session.setTrackers(trackersOf(settings)),
    pauseOnBattery: lookAtPauses,
    pauseOnMetered: lookAtPauses,
    schedule: lookAtPauses,
    quotaBytes: setPolicy,
    forgetFirst: setPolicy,
    blockedWords: setPolicy,
    safetyListPath: setPolicy,
    hideAdultNames: () => savedSearches.settingsChanged(),
    namesInMemory: ({ namesInMemory }) => session.setNamesInMemory(namesInMemory),
    savedSearches: () => savedSearches.settingsChanged(),
    torrentClient: null,
    mayOpenMagnets: null,
    theme: ({ theme }) => {
      nativeTheme.themeSource = themeSourceOf(theme);
    },
    fontSizePercent: () => window.setZoom(),
    language: null,
    rowSize: null,
    autostart: ({ autostart }) => setStartWithComputer(autostart),
    startMinimised: null,
    closesToTray: null,
    notifications: null,
    updates: (settings) => updates.setWanted(settings.updates),
  };
}

/** What the store keeps to. */
export function policyOf({ quotaBytes, forgetFirst, blockedWords, safetyListPath }: Settings): StorePolicy {
  return { quotaBytes, forgetFirst, blockedWords, safetyListPath };
}

/** High contrast is the window's own; whether it is light or dark is the system's choice. */
export function themeSourceOf(theme: Theme): 'system' | 'light' | 'dark' {
  return theme === 'high-contrast' ? 'system' : theme;
}

/** Tells the owner of each setting that is not what it was, each once. */
export function applySettings(appliers: SettingAppliers, settings: Settings, before: Settings): void {
  const names = (Object.keys(appliers) as (keyof Settings)[]).filter((name) => !isSame(settings[name], before[name]));
  for (const apply of new Set(names.map((name) => appliers[name]))) apply?.(settings);
}

/** Settings are JSON. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

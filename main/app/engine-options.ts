// What the engine's thread is told at its start: the command line first, then the person's settings.
import {
  DEFAULT_BOOTSTRAP,
  PUBLIC_TRACKERS,
  type EngineOptions,
  type Pace,
  type TrackerAddress,
} from '../engine/engine-contract.ts';
import type { Settings } from '../../preload/settings-contract.ts';
import type { DataFolders } from './data-folders.ts';
import type { LaunchOptions } from './launch-options.ts';

const ALL_ADDRESSES = '0.0.0.0';

export function engineOptions(
  launch: LaunchOptions,
  folders: DataFolders,
  settings: Readonly<Settings>,
): EngineOptions {
  return {
    dataDir: folders.dataDir,
    bootstrap: launch.bootstrap ?? DEFAULT_BOOTSTRAP,
    bindHost: launch.bindHost ?? settings.bindHost ?? ALL_ADDRESSES,
    hasIpv6: settings.ipv6,
    port: launch.port ?? settings.port,
    trackers: trackersOf(settings),
    pace: launch.pace ?? paceOf(settings),
    isServing: false,
    localAddressesAllowed: launch.localAddressesAllowed,
    startPaused: settings.isPaused,
  };
}

/** What the command line said, until the person changes the setting behind it. */
export function withoutOverridden(launch: LaunchOptions, settings: Settings, before: Settings): LaunchOptions {
  return {
    ...launch,
    bindHost: settings.bindHost === before.bindHost ? launch.bindHost : null,
    port: settings.port === before.port ? launch.port : null,
    pace: settings.pace === before.pace ? launch.pace : null,
  };
}

/** The profile by its name, or the person's own limits. */
export function paceOf({ pace, customLimits }: Settings): Pace {
  return pace === 'custom' ? customLimits : pace;
}

/** Who may be asked how many have a torrent: nobody, until the person agrees. */
export function trackersOf({ trackersOn }: Settings): readonly TrackerAddress[] {
  return trackersOn ? PUBLIC_TRACKERS : [];
}

import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { engineOptions, withoutOverridden } from '../../main/app/engine-options.ts';
import { parseLaunchOptions, type LaunchOptions } from '../../main/app/launch-options.ts';
import { DEFAULT_SETTINGS, settingsFrom } from '../../main/app/settings-schema.ts';
import { NAMES_IN_MEMORY_DEFAULT } from '../../main/store/store-contract.ts';
import { profileOf } from '../../main/scrape/pace-profiles.ts';
import { changeableFields, ownFields, settingsInputs } from '../../preload/settings-contract.ts';

describe('settings', () => {
  it('have a default for each field, which its own check lets through', () => {
    const fields = { ...changeableFields, ...ownFields };
    expect(Object.keys(DEFAULT_SETTINGS).toSorted()).toEqual(Object.keys(fields).toSorted());
    expect(settingsFrom(DEFAULT_SETTINGS)).toEqual({ settings: DEFAULT_SETTINGS, badFields: [] });
  });

  it('agree with the search about names in memory', () => {
    expect(DEFAULT_SETTINGS.namesInMemory).toBe(NAMES_IN_MEMORY_DEFAULT);
  });

  it('start with the limits of the balanced pace as limits of one’s own', () => {
    const { tcpNewPerSecond, tcpOpenMax, ...rest } = profileOf('balanced');
    expect(rest).toMatchObject({
      newAddressesPerSecond: DEFAULT_SETTINGS.customLimits.newAddressesPerSecond,
      packetsPerSecond: DEFAULT_SETTINGS.customLimits.packetsPerSecond,
    });
    expect(DEFAULT_SETTINGS.customLimits).toMatchObject({
      newConnectionsPerSecond: tcpNewPerSecond,
      connectionsMax: tcpOpenMax,
    });
  });

  it('are whole and sound whatever a file says', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(DEFAULT_SETTINGS), '__proto__'), fc.jsonValue()),
        (value) => {
          const { settings } = settingsFrom(value);
          expect(settingsFrom(settings).badFields).toEqual([]);
          expect(Object.keys(settings)).toEqual(Object.keys(DEFAULT_SETTINGS));
        },
      ),
    );
  });
});

describe('a change from the window', () => {
  const isTaken = (change: unknown): boolean => v.safeParse(settingsInputs.changeSettings, change).success;

  it('may be a part, and nothing that is unknown or the app’s own', () => {
    expect(isTaken({ port: 6881, schedule: { fromMinute: 60, toMinute: 0 } })).toBe(true);
    expect(isTaken({})).toBe(true);
    for (const name of Object.keys(ownFields)) expect(isTaken({ [name]: null }), name).toBe(false);
    expect(isTaken({ consentAtUnixSeconds: 1_800_000_000 })).toBe(false);
    expect(isTaken({ port: 65_536 })).toBe(false);
    expect(isTaken({ bindHost: 'localhost' })).toBe(false);
    expect(isTaken({ blockedWords: [' '] })).toBe(false);
    expect(isTaken({ customLimits: { ...DEFAULT_SETTINGS.customLimits, newAddressesPerSecond: 1e6 } })).toBe(false);
  });
});

describe('engine options', () => {
  const folders = { profileDir: '/p', dataDir: '/d' };
  const launch = parseLaunchOptions(['--port=7000', '--pace=fast']) as LaunchOptions;

  it('are the settings', () => {
    const { customLimits } = DEFAULT_SETTINGS;
    const bare = parseLaunchOptions([]) as LaunchOptions;
    const settings = { ...DEFAULT_SETTINGS, pace: 'custom' as const, port: 4, bindHost: '127.0.0.9', ipv6: false };
    expect(engineOptions(bare, folders, settings)).toMatchObject({
      pace: customLimits,
      port: 4,
      bindHost: '127.0.0.9',
      hasIpv6: false,
    });
  });

  it('are the command line first, until the person changes what it said', () => {
    const settings = { ...DEFAULT_SETTINGS, port: 7001 };
    expect(engineOptions(launch, folders, settings)).toMatchObject({ port: 7000, pace: 'fast', bindHost: '0.0.0.0' });
    const changed = withoutOverridden(launch, settings, DEFAULT_SETTINGS);
    expect(engineOptions(changed, folders, settings)).toMatchObject({ port: 7001, pace: 'fast' });
  });
});

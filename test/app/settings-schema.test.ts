import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { engineOptions, withoutOverridden } from '../../main/app/engine-options.ts';
import { parseLaunchOptions, type LaunchOptions } from '../../main/app/launch-options.ts';
import { DEFAULT_SETTINGS, settingsFrom } from '../../main/app/settings-schema.ts';
import { NAMES_IN_MEMORY_DEFAULT } from '../../main/store/store-contract.ts';
import { profileOf } from '../../main/scrape/pace-profiles.ts';
import { changeableFields, ownFields, settingsInputs, type Settings } from '../../preload/settings-contract.ts';

const SAVED = {
  id: 'a',
  name: 'n',
  text: 't',
  notifies: true,
  sort: null,
  unseenCount: 0,
  createdAtUnixSeconds: 1_800_000_000,
};
const CLIENT = { kind: 'aria2', url: 'http://localhost', user: '' };
const LIMITS = { newAddressesPerSecond: 1, packetsPerSecond: 1000, newConnectionsPerSecond: 30, connectionsMax: 4 };
const SWITCH = { sound: [true, false], odd: [null, 0, 1, 'true', [], {}] };
const nonsense = [undefined, {}, [], 'nonsense', -1, 1.5, Number.NaN] as const;
const withoutList = nonsense.filter((value) => !Array.isArray(value));

/** Written by hand and not out of the checks: what a field may be, and what it may not. A new field without values does not compile. */
const VALUES: Record<keyof Settings, { readonly sound: readonly unknown[]; readonly odd: readonly unknown[] }> = {
  consentAtUnixSeconds: { sound: [null, 1, 1_800_000_000], odd: [...nonsense, 0, 1e12, true] },
  isPaused: SWITCH,
  pausedUntilUnixSeconds: { sound: [null, 1_800_000_000], odd: [...nonsense, 0, '1800000000'] },
  dataDir: { sound: [null, '/data', 'C:\\data'], odd: [{}, [], 1, true, 'x'.repeat(4097)] },
  pace: { sound: ['gentle', 'balanced', 'fast', 'custom'], odd: [...nonsense, null, 'Fast', 'warp'] },
  customLimits: {
    sound: [LIMITS],
    odd: [
      ...nonsense,
      null,
      { ...LIMITS, connectionsMax: 3 },
      { ...LIMITS, packetsPerSecond: 1001 },
      { ...LIMITS, more: 1 },
    ],
  },
  port: { sound: [0, 1, 65_535], odd: [...nonsense, null, 65_536, '6881'] },
  bindHost: { sound: [null, '127.0.0.1', '2001:db8::1'], odd: [...nonsense, 'localhost', '1.2.3', '1.2.3.4:5', ''] },
  ipv6: SWITCH,
  trackersOn: SWITCH,
  pauseOnBattery: SWITCH,
  pauseOnMetered: SWITCH,
  schedule: {
    sound: [null, { fromMinute: 0, toMinute: 1439 }, { fromMinute: 600, toMinute: 60 }],
    odd: [...nonsense, { fromMinute: 0 }, { fromMinute: 0, toMinute: 1440 }, { fromMinute: -1, toMinute: 5 }],
  },
  quotaBytes: { sound: [null, 100_000_000, 1e15], odd: [...nonsense, 0, 99_999_999, 1e16] },
  forgetFirst: { sound: ['dead', 'old', 'unopened'], odd: [...nonsense, null, 'new'] },
  blockedWords: {
    sound: [[], ['a'], Array<string>(500).fill('w')],
    odd: [...withoutList, null, [''], [1], ['x'.repeat(61)], Array<string>(501).fill('w')],
  },
  safetyListPath: { sound: [null, '/list.txt'], odd: [{}, [], 1, 'x'.repeat(4097)] },
  hideAdultNames: SWITCH,
  namesInMemory: { sound: [250_000, 1_000_000, 3_000_000], odd: [...nonsense, null, 0, 2_000_000] },
  savedSearches: {
    sound: [[], [SAVED]],
    odd: [...withoutList, null, [{}], [{ ...SAVED, sort: 'films' }], Array<object>(101).fill(SAVED)],
  },
  torrentClient: {
    sound: [null, CLIENT],
    odd: [...nonsense, { ...CLIENT, kind: 'deluge' }, { ...CLIENT, password: '' }, { kind: 'aria2' }],
  },
  mayOpenMagnets: SWITCH,
  theme: { sound: ['system', 'light', 'dark', 'high-contrast'], odd: [...nonsense, null, 'black'] },
  fontSizePercent: { sound: [90, 100, 115, 130, 150], odd: [...nonsense, null, 0, 110, 1000, '100'] },
  language: { sound: ['system', 'en', 'rtl-test'], odd: [...nonsense, null, 'xx'] },
  rowSize: { sound: ['comfortable', 'compact'], odd: [...nonsense, null, 'tiny'] },
  autostart: SWITCH,
  startMinimised: SWITCH,
  closesToTray: { sound: [null, true, false], odd: [0, 1, 'true', [], {}] },
  notifications: SWITCH,
  updates: SWITCH,
};

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

  it('takes of a file what makes sense, field by field, and names what does not', () => {
    const given = fc.record(
      Object.fromEntries(
        Object.entries(VALUES).map(([name, { sound, odd }]) => [
          name,
          fc.oneof(
            fc.constant(null),
            fc.constantFrom(...sound).map((value: unknown) => ({ isSound: true, value })),
            fc.constantFrom(...odd).map((value: unknown) => ({ isSound: false, value })),
          ),
        ]),
      ),
    );
    fc.assert(
      fc.property(given, (fields) => {
        const present = Object.entries(fields).flatMap(([name, field]) => (field === null ? [] : [{ name, ...field }]));
        const file = Object.fromEntries(present.map(({ name, value }) => [name, value]));
        const expected = present.filter(({ isSound }) => isSound).map(({ name, value }) => [name, value] as const);
        const { settings, badFields } = settingsFrom({ ...file, unknown: 1, ['__proto__']: { port: 5 } });
        expect(settings).toEqual({ ...DEFAULT_SETTINGS, ...Object.fromEntries(expected) });
        expect(badFields.toSorted()).toEqual(
          present
            .filter(({ isSound }) => !isSound)
            .map(({ name }) => name)
            .toSorted(),
        );
      }),
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

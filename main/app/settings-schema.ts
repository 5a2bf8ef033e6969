// What the settings are before anybody changes them, and how they are read from a file that somebody else may have written:
// field by field, so that one bad value costs that value and no other.
import * as v from 'valibot';
import { changeableFields, ownFields, type Settings } from '../../preload/settings-contract.ts';

export const DEFAULT_SETTINGS: Readonly<Settings> = {
  consentAtUnixSeconds: null,
  isPaused: false,
  pausedUntilUnixSeconds: null,
  dataDir: null,
  pace: 'balanced',
  customLimits: {
    newAddressesPerSecond: 20,
    packetsPerSecond: 80,
    newConnectionsPerSecond: 5,
    connectionsMax: 48,
  },
  port: 0,
  bindHost: null,
  ipv6: true,
  trackersOn: false,
  pauseOnBattery: false,
  pauseOnMetered: false,
  schedule: null,
  quotaBytes: 10_000_000_000,
  forgetFirst: 'dead',
  blockedWords: [],
  safetyListPath: null,
  hideAdultNames: false,
  namesInMemory: 1_000_000,
  savedSearches: [],
  torrentClient: null,
  mayOpenMagnets: false,
  theme: 'system',
  fontSizePercent: 100,
  language: 'system',
  rowSize: 'comfortable',
  autostart: false,
  startMinimised: false,
  closesToTray: null,
  notifications: true,
  updates: false,
};

type Field = keyof Settings;
const FIELDS: Readonly<Record<Field, v.GenericSchema>> = { ...changeableFields, ...ownFields };

/** `value` as settings: what is missing or makes no sense is the default, and `badFields` names what made none. */
export function settingsFrom(value: object): {
  readonly settings: Settings;
  readonly badFields: readonly string[];
} {
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  const badFields: string[] = [];
  const given = new Map<string, unknown>(Object.entries(value));
  for (const [name, schema] of Object.entries(FIELDS)) {
    if (!given.has(name)) continue;
    const checked = v.safeParse(schema, given.get(name));
    if (checked.success) settings[name] = checked.output;
    else badFields.push(name);
  }
  // Each field is its default or has passed its own schema; the compiler cannot follow that through a loop.
  return { settings: settings as Settings, badFields };
}

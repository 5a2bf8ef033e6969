// The lists of the settings, in the order they are drawn. The contract is imported for its types only, so that no validation
// code travels into the window; `satisfies` makes a drift a compile error.
import type { CustomLimits, Language, PaceChoice, Settings, TorrentClient } from '../../preload/settings-contract.ts';

export const PACE_CHOICES = ['gentle', 'balanced', 'fast', 'custom'] as const satisfies readonly PaceChoice[];
export const LANGUAGES = ['system', 'en', 'rtl-test'] as const satisfies readonly Language[];
export const FONT_SIZES_PERCENT = [90, 100, 115, 130, 150] as const satisfies readonly Settings['fontSizePercent'][];
export const ROW_SIZES = ['comfortable', 'compact'] as const satisfies readonly Settings['rowSize'][];
export const FORGET_FIRST = ['dead', 'old', 'unopened'] as const satisfies readonly Settings['forgetFirst'][];
/** [least, most]; a test holds them against the contract. */
export const CUSTOM_LIMITS: Readonly<Record<keyof CustomLimits, readonly [number, number]>> = {
  newAddressesPerSecond: [1, 200],
  packetsPerSecond: [4, 1000],
  newConnectionsPerSecond: [1, 30],
  connectionsMax: [4, 300],
};
export const PORT_MAX = 65_535;
export const TORRENT_CLIENTS = [
  'qbittorrent',
  'transmission',
  'aria2',
] as const satisfies readonly TorrentClient['kind'][];
export const SAVED_SEARCHES_MAX = 100;
export const BLOCKED_WORDS_MAX = 500;
export const BLOCKED_WORD_CHARACTERS_MAX = 60;

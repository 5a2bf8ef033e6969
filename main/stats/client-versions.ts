// Which BitTorrent clients answer sample_infohashes (the user's note: "statistics on version which returns response from
// sample_infohash"). Keyed by the raw four bytes of `v`: two of client, two of version. The field is optional and easily
// forged, so these numbers order and explain, they never exclude anybody.

/** Versions kept apart; further ones are counted together as OTHER_VERSION. */
const VERSIONS_MAX = 512;
/** Replies without `v`. */
export const NO_VERSION = 'no version';
/** Queries whose answer never came or was an error: nobody said a version. */
export const UNHEARD_VERSION = 'unheard';
export const OTHER_VERSION = 'other';

export interface VersionCounts {
  asked: number;
  /** Replies with `samples`, even an empty one: that is how support shows. */
  answered: number;
  /** Replies without it: the query was taken for a find_node, or not understood. */
  unsupported: number;
  /** KRPC errors with code 204, "method unknown". */
  refused: number;
  otherErrors: number;
  timeouts: number;
  infohashes: number;
  /** Of those, the ones nobody had given us before. */
  newInfohashes: number;
  /** New ones for which the same node then named peers. */
  infohashesWithPeers: number;
  /** Replies whose `interval` or `num` was missing. */
  odd: number;
}

export interface VersionRow extends VersionCounts {
  readonly version: string;
  /** For people: `LT 1.2.15`, or the bytes in hexadecimal. */
  readonly text: string;
}

export class ClientVersions {
  readonly #byVersion = new Map<string, VersionCounts>();

  /** `samplesCount` is null when the reply had no `samples`. */
  replied(version: string | null, samplesCount: number | null, isOdd = false): void {
    const counts = this.#of(version ?? NO_VERSION);
    counts.asked++;
    if (samplesCount === null) counts.unsupported++;
    else counts.answered++;
    counts.infohashes += samplesCount ?? 0;
    if (isOdd) counts.odd++;
  }

  errored(code: number): void {
    const counts = this.#of(UNHEARD_VERSION);
    counts.asked++;
    if (code === 204) counts.refused++;
    else counts.otherErrors++;
  }

  timedOut(): void {
    const counts = this.#of(UNHEARD_VERSION);
    counts.asked++;
    counts.timeouts++;
  }

  foundNew(version: string | null): void {
    this.#of(version ?? NO_VERSION).newInfohashes++;
  }

  foundPeers(version: string | null): void {
    this.#of(version ?? NO_VERSION).infohashesWithPeers++;
  }

  /** The most asked first. */
  rows(): VersionRow[] {
    return [...this.#byVersion]
      .map(([version, counts]) => ({ version, text: versionText(version), ...counts }))
      .sort((a, b) => b.asked - a.asked || (a.version < b.version ? -1 : 1));
  }

  #of(version: string): VersionCounts {
    const key = this.#byVersion.has(version) || this.#byVersion.size < VERSIONS_MAX ? version : OTHER_VERSION;
    const counts = this.#byVersion.get(key) ?? noCounts();
    this.#byVersion.set(key, counts);
    return counts;
  }
}

/** `LT\x01\x2f` is libtorrent 1.2.15 (major, then minor and tiny in four bits each); others keep their bytes. */
export function versionText(version: string): string {
  if (version.length !== 4) return version;
  const client = version.slice(0, 2);
  const high = version.charCodeAt(2);
  const low = version.charCodeAt(3);
  if (client === 'LT') return `LT ${high}.${low >> 4}.${low & 15}`;
  const isName = /^[A-Za-z]{2}$/.test(client);
  const hex = (text: string) => [...text].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return isName ? `${client} ${hex(version.slice(2))}` : hex(version);
}

function noCounts(): VersionCounts {
  return {
    asked: 0,
    answered: 0,
    unsupported: 0,
    refused: 0,
    otherErrors: 0,
    timeouts: 0,
    infohashes: 0,
    newInfohashes: 0,
    infohashesWithPeers: 0,
    odd: 0,
  };
}

// What each pace allows: the three profiles of protocol.md 5.2, and limits of a person's own.

export type PaceName = 'gentle' | 'balanced' | 'fast';

/** Limits that a person chose instead of a profile. */
export interface CustomPace {
  readonly newAddressesPerSecond: number;
  readonly packetsPerSecond: number;
  readonly newConnectionsPerSecond: number;
  readonly connectionsMax: number;
}
export type Pace = PaceName | CustomPace;

export interface PaceProfile {
  readonly newAddressesPerSecond: number;
  readonly packetsPerSecond: number;
  readonly perAddressPerSecond: number;
  readonly perAddressBurst: number;
  readonly tcpNewPerSecond: number;
  readonly tcpOpenMax: number;
}

/** protocol.md 5.2; to one address never more than one query a second and four in a burst. Gentle is for an unknown NAT and on battery, balanced the usual ceiling, fast for who asked for it. */
export const PACE_PROFILES: Readonly<Record<PaceName, PaceProfile>> = {
  gentle: profile(8, 30, { perAddressPerSecond: 1, perAddressBurst: 3, tcpNewPerSecond: 2, tcpOpenMax: 16 }),
  balanced: profile(20, 80, { perAddressPerSecond: 1, perAddressBurst: 3, tcpNewPerSecond: 5, tcpOpenMax: 48 }),
  fast: profile(100, 400, { perAddressPerSecond: 1, perAddressBurst: 4, tcpNewPerSecond: 15, tcpOpenMax: 150 }),
};

/** What to one address may be said is a courtesy to others and nobody's choice: `limits` say nothing about it. */
export function profileOf(pace: Pace): PaceProfile {
  if (typeof pace === 'string') return PACE_PROFILES[pace];
  const { perAddressPerSecond, perAddressBurst } = PACE_PROFILES.balanced;
  return profile(pace.newAddressesPerSecond, pace.packetsPerSecond, {
    perAddressPerSecond,
    perAddressBurst,
    tcpNewPerSecond: pace.newConnectionsPerSecond,
    tcpOpenMax: pace.connectionsMax,
  });
}

function profile(
  newAddressesPerSecond: number,
  packetsPerSecond: number,
  rest: Omit<PaceProfile, 'newAddressesPerSecond' | 'packetsPerSecond'>,
): PaceProfile {
  return { newAddressesPerSecond, packetsPerSecond, ...rest };
}

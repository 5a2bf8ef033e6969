// The session's picture as the window sees it: flat, small, sent at most twice a second.
import { toHex } from '../base/bytes.ts';
import type { HealthFoundDto, StatusDto } from '../../preload/ipc-contract.ts';
import type { HealthReport } from '../catalogue/torrent.ts';
import type { EngineStatus } from '../engine/engine-contract.ts';
import type { CrawlTotals } from '../session/crawl-history.ts';
import type { SessionStatus } from '../session/session-contract.ts';

/** `hasAgreed`: the network notice was accepted. `isPaused` speaks before the engine does. */
export function statusDto(
  session: SessionStatus,
  wishes: { hasAgreed: boolean; isPaused: boolean; pace: string } & Pick<
    StatusDto,
    'pauseReasons' | 'pausedUntilUnixSeconds'
  >,
): StatusDto {
  const { engine } = session;
  const stateWithoutEngine = wishes.isPaused ? 'paused' : 'starting';
  return {
    state: wishes.hasAgreed ? (engine?.state ?? stateWithoutEngine) : 'awaiting-consent',
    problem: session.problem ?? engine?.problem ?? null,
    notice: session.store?.problem ?? session.notice,
    pace: engine?.pace ?? wishes.pace,
    nodes: engine?.nodes ?? 0,
    packetsOut: engine?.packetsOut ?? 0,
    packetsIn: engine?.packetsIn ?? 0,
    samplesAsked: engine?.samplesAsked ?? 0,
    infohashesSeen: engine?.infohashesSeen ?? 0,
    infohashesNew: engine?.infohashesNew ?? 0,
    metadataTried: engine?.metadataTried ?? 0,
    metadataFetched: engine?.metadataFetched ?? 0,
    sampledPerMinute: engine?.sampledPerMinute ?? 0,
    newPerMinute: engine?.newPerMinute ?? 0,
    torrentCount: session.torrentCount,
    databaseBytes: session.databaseBytes,
    localAddressesAllowed: engine?.localAddressesAllowed ?? false,
    pauseReasons: wishes.pauseReasons,
    pausedUntilUnixSeconds: wishes.pausedUntilUnixSeconds,
    safetyList: session.store?.safetyList ?? null,
  };
}

/** What the history of the crawl is made of. */
export function crawlTotals(engine: EngineStatus): CrawlTotals {
  return {
    sampled: engine.infohashesSeen,
    fresh: engine.infohashesNew,
    tried: engine.metadataTried,
    fetched: engine.metadataFetched,
    packets: engine.packetsOut,
  };
}

export function healthFoundDto({ infohash, ...count }: HealthReport): HealthFoundDto {
  return { infohashHex: toHex(infohash), ...count };
}

// What the terminal shows every 5 s: one JSON object for programs, one line for people.
import type { CountedStatus, EngineCounters, EngineOptions, Ipv6State } from '../engine/engine-contract.ts';
import type { StoreStatus } from '../store/owner-contract.ts';
import type { SessionStatus } from './session-contract.ts';

export interface HeadlessStatus extends CountedStatus {
  readonly state: string;
  readonly problem: string | null;
  readonly nodes: number;
  /** Of those, by family of addresses. */
  readonly nodes4: number;
  readonly nodes6: number;
  readonly ipv6: Ipv6State;
  readonly torrents: number;
  readonly pace: string;
  readonly isServing: boolean;
  readonly localAddressesAllowed: boolean;
  readonly port: number;
  readonly uptimeSeconds: number;
  /** See EngineCounters, field by field; at most 5 s older than the rest. Null until the engine has spoken. */
  readonly counters: EngineCounters | null;
  /** Sizes, limits, what is blocked. Null until the writer has spoken. */
  readonly store: StoreStatus | null;
}

/** `options` say what holds before the engine has spoken, and while it is being started again. */
export function headlessStatus(
  { engine, counters, torrentCount, problem, store }: SessionStatus,
  options: EngineOptions,
): HeadlessStatus {
  return {
    state: engine?.state ?? 'starting',
    problem: problem ?? engine?.problem ?? null,
    nodes: engine?.nodes ?? 0,
    nodes4: engine?.nodes4 ?? 0,
    nodes6: engine?.nodes6 ?? 0,
    ipv6: engine?.ipv6 ?? 'not-available',
    packetsOut: engine?.packetsOut ?? 0,
    packetsIn: engine?.packetsIn ?? 0,
    samplesAsked: engine?.samplesAsked ?? 0,
    samplesAnswered: engine?.samplesAnswered ?? 0,
    infohashesSeen: engine?.infohashesSeen ?? 0,
    infohashesNew: engine?.infohashesNew ?? 0,
    metadataTried: engine?.metadataTried ?? 0,
    metadataFetched: engine?.metadataFetched ?? 0,
    malformed: engine?.malformed ?? {},
    dropped: engine?.dropped ?? {},
    metadataFailures: engine?.metadataFailures ?? {},
    overflows: engine?.overflows ?? {},
    torrents: torrentCount,
    pace: engine?.pace ?? (typeof options.pace === 'string' ? options.pace : 'custom'),
    isServing: engine?.isServing ?? options.isServing,
    localAddressesAllowed: engine?.localAddressesAllowed ?? options.localAddressesAllowed,
    port: engine?.port ?? 0,
    uptimeSeconds: Math.round((engine?.uptimeMs ?? 0) / 1000),
    counters,
    store,
  };
}

/** One line for a terminal; trouble and relaxed rules are said in every one. */
export function headlessLine(status: HeadlessStatus): string {
  const parts = [
    status.state,
    nodesText(status),
    `packets ${status.packetsOut} out, ${status.packetsIn} in`,
    `samples ${status.samplesAnswered} of ${status.samplesAsked}`,
    `infohashes ${status.infohashesNew} new of ${status.infohashesSeen}`,
    `metadata ${status.metadataFetched} of ${status.metadataTried}`,
    `${status.torrents} torrents`,
  ];
  const malformedCount = Object.values(status.malformed).reduce((sum, count) => sum + count, 0);
  if (malformedCount > 0) parts.push(`${malformedCount} malformed`);
  if (status.localAddressesAllowed) parts.push('local addresses allowed');
  if (status.problem !== null) parts.push(status.problem);
  if (status.store?.problem) parts.push(status.store.problem);
  return parts.join(' · ');
}

/** Both families; without IPv6 the line says so instead of counting its nodes. */
function nodesText({ nodes4, nodes6, ipv6 }: HeadlessStatus): string {
  const counted6 = { running: `${nodes6} nodes v6`, 'not-available': 'IPv6: not available', off: 'IPv6: off' }[ipv6];
  return `${nodes4} nodes v4 · ${counted6}`;
}

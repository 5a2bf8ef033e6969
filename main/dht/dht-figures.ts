// How a node is doing, put together when somebody asks: none of it is kept up to date on the path of a packet.
import type { DhtFigures } from './dht-contract.ts';
import type { Learner } from './learner.ts';
import type { PeerStore } from './peer-store.ts';
import type { QueryDesk } from './query-desk.ts';
import type { SendBudget } from './rate-limits.ts';
import type { RoutingTable } from './routing-table.ts';
import type { UdpTransport } from './udp-socket.ts';

/** Of the addresses that others say are ours. */
const VOTES_SHOWN = 5;

interface Node {
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  readonly peerStore: PeerStore;
}

export function dhtFigures(
  { table, budget, peerStore }: Node,
  desk: QueryDesk,
  learner: Learner,
  transport: UdpTransport | null,
): DhtFigures {
  return {
    transport,
    nodes: table.nodeCount,
    queriesInFlight: desk.inFlightCount,
    roundTripP50Ms: desk.roundTripMs(0.5),
    roundTripP90Ms: desk.roundTripMs(0.9),
    timeoutMs: desk.timeoutMs,
    openAddresses: budget.addressCount,
    storedInfohashes: peerStore.infohashCount,
    externalAddress: learner.addressTally(VOTES_SHOWN),
  };
}

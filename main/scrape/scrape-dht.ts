// What the scraper uses of the DHT node. DhtNode has it all; tests hand in less.
import type { DhtNode } from '../dht/dht-node.ts';
import type { SendBudget } from '../dht/rate-limits.ts';
import type { RoutingTable } from '../dht/routing-table.ts';

export interface ScrapeDht extends Pick<DhtNode, 'query' | 'lookupPeers' | 'nodeId' | 'isPaused' | 'isSilent'> {
  readonly table: Pick<RoutingTable, 'nodeCount' | 'find' | 'closest' | 'nodes'>;
  readonly budget: Pick<SendBudget, 'canSend' | 'setRates' | 'newAddressesAvailable'>;
}

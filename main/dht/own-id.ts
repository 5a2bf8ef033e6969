// R11: what becomes of a saved table when the node starts. The id it was saved with is taken up again unless another was
// chosen by hand; with the same id the table comes back as it was, with another one every node is inserted anew.
import { bytesEqual } from '../base/bytes.ts';
import { asNodeId, IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { ContactSieve } from './contact-sieve.ts';
import type { SavedTable } from './dht-contract.ts';
import type { RoutingTable } from './routing-table.ts';

export interface TakingOver {
  readonly table: RoutingTable;
  readonly sieve: ContactSieve;
  readonly isIdChosen: boolean;
}

/** Fills the empty table. Contacts that may not be used are left out: routers, forbidden addresses, the other family. */
export function takeOver(saved: SavedTable, { table, sieve, isIdChosen }: TakingOver): void {
  const nodes = saved.nodes.filter(({ contact }) => sieve.isUsable(contact));
  if (!isIdChosen && saved.selfId.length === IDENTIFIER_BYTES) {
    table.changeSelfId(asNodeId(saved.selfId.slice()));
    sieve.selfId = table.selfId;
  }
  if (bytesEqual(saved.selfId, table.selfId)) table.restore({ selfId: saved.selfId, nodes });
  else table.reinsert({ selfId: saved.selfId, nodes });
}

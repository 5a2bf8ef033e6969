// The main routing table as a run of the product left it.
import path from 'node:path';
import { systemClock } from '../../main/base/clock.ts';
import { silentLog } from '../../main/base/log.ts';
import type { SavedNode } from '../../main/dht/dht-contract.ts';
import { SavedState } from '../../main/engine/saved-state.ts';

/** By contact, `host:port`. */
export async function savedNodes(dataDir: string): Promise<ReadonlyMap<string, SavedNode>> {
  const { v4 } = await new SavedState(path.join(dataDir, 'dht-state.benc'), systemClock, silentLog).read();
  if (v4 === null) throw new Error('the run left no saved table');
  return new Map(v4.table.nodes.map((node) => [`${node.contact.host}:${node.contact.port}`, node]));
}

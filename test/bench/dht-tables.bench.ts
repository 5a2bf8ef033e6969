// The routing table as it grows, in Node and in a worker of the Electron runtime; see dht/table-curve.ts.
import { measure } from './dht/table-curve.ts';
import { inBothRuntimes } from './dht/runtimes.ts';

export const name = 'dht-tables';

export function run(): Promise<string[]> {
  return inBothRuntimes('table-curve', measure);
}

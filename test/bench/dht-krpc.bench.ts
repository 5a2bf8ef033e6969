// Decoding and encoding KRPC against npm `bencode`, in Node and in a worker of the Electron runtime; see dht/krpc-contest.ts.
import { measure } from './dht/krpc-contest.ts';
import { inBothRuntimes } from './dht/runtimes.ts';

export const name = 'dht-krpc';

export function run(): Promise<string[]> {
  return inBothRuntimes('krpc-contest', measure);
}

// What a crawler needs to work at full pace: more nodes than it can sample (each rests for a day), in a network whose samples are
// mostly known already, and peers that send the metadata of what is new.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PACE_PROFILES } from '../../../main/scrape/pace-profiles.ts';
import { compile, SimulatedNetwork } from '../dht/native.ts';

const NODES = 20_000;
const TORRENTS = 3_000;
const SEEDERS = 64;
const { newAddressesPerSecond, packetsPerSecond, tcpNewPerSecond, tcpOpenMax } = PACE_PROFILES.fast;

/** A pace of one's own begins at half of its limits on a network of one's own: these begin where the fast profile ends. */
export const FULL_PACE_SETTINGS = {
  pace: 'custom',
  customLimits: {
    newAddressesPerSecond: 2 * newAddressesPerSecond,
    packetsPerSecond: 2 * packetsPerSecond,
    newConnectionsPerSecond: tcpNewPerSecond,
    connectionsMax: tcpOpenMax,
  },
} as const;

export interface FullPaceNetwork {
  readonly bootstrap: string;
  stop(): void;
}

/** Its files go into `folder`. Throws where there is no C compiler. */
export async function startFullPaceNetwork(folder: string): Promise<FullPaceNetwork> {
  const program = compile('simulated-network.c');
  if (program === null) throw new Error('the simulated network needs a C compiler on Linux');
  const cataloguePath = path.join(folder, 'seeded');
  const script = path.join(import.meta.dirname, 'seeders-process.ts');
  const seeders = spawn(process.execPath, [script, String(TORRENTS), String(SEEDERS), cataloguePath], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: seeders.stdout }), 'line');
  const network = await SimulatedNetwork.start(program, {
    nodes: NODES,
    delayMinMs: 20,
    delayMaxMs: 120,
    cataloguePath,
  });
  return {
    bootstrap: `${network.bootstrap.host}:${network.bootstrap.port}`,
    stop: () => {
      network.stop();
      seeders.stdin.end();
    },
  };
}

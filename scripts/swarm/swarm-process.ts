// Runs a swarm in a process of its own, so that its nodes do not slow down the app that crawls them:
//   node scripts/swarm/swarm-process.ts --nodes 60 --torrents 300 --seeders 12 --seed 1 --base 127.2
// Prints one line of JSON, { bootstrap: ['HOST:PORT'], torrents: TorrentFacts[], startedInMs }, when everything answers, and ends when its stdin closes.
import { parseArgs } from 'node:util';
import { contactText } from '../../main/base/contact.ts';
import { startSwarm } from './swarm.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '60' },
    torrents: { type: 'string', default: '300' },
    seeders: { type: 'string', default: '12' },
    copies: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    base: { type: 'string', default: '127.2' },
  },
});

const beganAtMs = performance.now();
const swarm = await startSwarm({
  nodeCount: Number(values.nodes),
  torrentCount: Number(values.torrents),
  seederCount: Number(values.seeders),
  copies: Number(values.copies),
  seed: Number(values.seed),
  baseHost: values.base,
});
const startedInMs = Math.round(performance.now() - beganAtMs);
const bootstrap = swarm.bootstrap.map(contactText);
process.stdout.write(`${JSON.stringify({ bootstrap, torrents: swarm.torrents, startedInMs })}\n`);
process.stdin.resume();
process.stdin.once('end', () => void swarm.stop().then(() => process.exit(0)));

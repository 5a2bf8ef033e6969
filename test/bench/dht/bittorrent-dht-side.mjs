// @ts-nocheck: bittorrent-dht has no types.
// npm bittorrent-dht as a side of the benchmarks, in a process of its own (one malformed find_node ends it). Lines of JSON
// in and out, as ours-side.ts.
import { createInterface } from 'node:readline';
import DHT from 'bittorrent-dht';

const LOOKUPS_AT_ONCE = 16;

const { host, port, bootstrap } = JSON.parse(process.argv[2]);
const dht = new DHT({ bootstrap: [`${bootstrap.host}:${bootstrap.port}`] });
const found = new Set();
dht.on('error', (error) => {
  throw error;
});
dht.on('peer', (_peer, infohash) => found.add(infohash.toString('hex')));
dht.listen(port, host, () => say({ ready: true }));

createInterface({ input: process.stdin })
  .on('line', async (line) => say(await obey(JSON.parse(line))))
  .on('close', () => process.exit(0));

async function obey(command) {
  if (command.do === 'nodes') return { nodes: dht.nodes.count() };
  found.clear();
  const waiting = [...command.infohashes];
  const lookUpNext = async () => {
    while (waiting.length > 0) await new Promise((resolve) => dht.lookup(waiting.pop(), resolve));
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, lookUpNext));
  return { found: found.size };
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

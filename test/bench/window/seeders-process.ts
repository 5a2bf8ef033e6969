// Peers that hand out the metadata of torrents nobody has stored yet, in a process of their own:
//   node seeders-process.ts TORRENTS SEEDERS FILE
// Writes what is where to FILE as simulated-network.c reads it, prints "ready", and ends with its stdin.
import { writeFileSync } from 'node:fs';
import { Seeder } from '../../../scripts/swarm/seeder.ts';
import { generateTorrents } from '../../../scripts/swarm/torrents.ts';

const [torrentCount = 0, seederCount = 1] = process.argv.slice(2, 4).map(Number);
const torrents = generateTorrents({ count: torrentCount, seed: 7 });
const rows: Buffer[] = [];
for (let index = 0; index < seederCount; index++) {
  const own = torrents.filter((_, at) => at % seederCount === index);
  const { host, port } = await new Seeder(own).listen(`127.10.${1 + index}.1`);
  const address = Buffer.from([...host.split('.').map(Number), port >> 8, port & 255]);
  own.forEach((torrent, at) => (rows[at * seederCount + index] = Buffer.concat([torrent.infohashes[0]!, address])));
}
writeFileSync(process.argv[4]!, Buffer.concat(rows));
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));

// The Node seeder of the bench, in a process of its own: seeds `count` torrents of each size on each address given.
import { Seeder } from '../../../scripts/swarm/seeder.ts';
import { benchTorrents } from './torrents.ts';

const [count, sizes, port, ...hosts] = process.argv.slice(2) as [string, string, string, ...string[]];
const torrents = sizes.split(',').flatMap((size) => benchTorrents(Number(count), Number(size)));
const seedable = torrents.map(({ info, infohash }) => ({ info, infohashes: [infohash] }));
for (const host of hosts) await new Seeder(seedable).listen(host, Number(port));
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => process.exit(0));

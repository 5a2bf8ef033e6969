// libtorrent as the bench's seeder: one session on many addresses, all torrents, and as it comes out of the box otherwise.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LibtorrentPeers } from '../../real-peers/libtorrent-peers.ts';
import { eventually } from '../../real-peers/processes.ts';
import type { BenchTorrent } from './torrents.ts';

export async function startLibtorrent(
  torrents: readonly BenchTorrent[],
  addresses: readonly string[],
  settings: Record<string, unknown> = {},
): Promise<LibtorrentPeers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-bench-'));
  const peers = new LibtorrentPeers();
  const listen_interfaces = addresses.join(',');
  await peers.startSession('seed', addresses[0]!, { enable_dht: false, connections_limit: 500, unchoke_slots_limit: -1, ...settings, listen_interfaces }); // prettier-ignore
  for (const [index, { info }] of torrents.entries()) {
    const file = path.join(folder, `${index}.torrent`);
    await writeFile(file, Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]));
    await peers.addTorrent('seed', file, folder, true);
  }
  const hasLooked = async (): Promise<boolean> => (await peers.state('seed')).state?.startsWith('checking') === false;
  await eventually('libtorrent has looked at its torrents', hasLooked, 30_000);
  // That was the last one; the others are looked at beside it.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await rm(folder, { recursive: true });
  return peers;
}

// libtorrent_swarm.py for a test: many sessions of libtorrent that seed torrents, with libtorrent's default limits.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { torrentFile, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { RunningProcess } from './processes.ts';

const SCRIPT = path.join(import.meta.dirname, 'libtorrent_swarm.py');

/** Of one session, since the swarm was ready: libtorrent's own metrics, and its own log. */
export interface SessionCounts {
  /** Datagrams that were not even read: their address is banned, or they are no KRPC at all. */
  readonly droppedIn: number;
  readonly samplesIn: number;
  /** Addresses, in the order of banning. */
  readonly banned: readonly string[];
}

export interface SwarmOptions {
  /** For the torrent files. */
  readonly folder: string;
  readonly torrents: readonly SwarmTorrent[];
  readonly nodes: number;
  readonly seeders: number;
  /** The first two numbers of every address. */
  readonly net: string;
}

export class LibtorrentSwarm {
  readonly #process: RunningProcess;
  /** `host:port` of each session. */
  readonly contacts: readonly string[];
  /** By libtorrent's names. */
  readonly limits: Readonly<Record<string, number>>;

  private constructor(process: RunningProcess, facts: { contacts: string[]; limits: Record<string, number> }) {
    this.#process = process;
    this.contacts = facts.contacts;
    this.limits = facts.limits;
  }

  /** Resolves when the sessions have stored every announcement. */
  static async start({ folder, torrents, nodes, seeders, net }: SwarmOptions): Promise<LibtorrentSwarm> {
    await mkdir(folder);
    await Promise.all(
      torrents.map((torrent, index) =>
        writeFile(path.join(folder, `${String(index).padStart(4, '0')}.torrent`), torrentFile(torrent)),
      ),
    );
    const args = ['--torrents', folder, '--nodes', String(nodes), '--seeders', String(seeders), '--base', net];
    const process = new RunningProcess(['/usr/bin/python3', '-B', SCRIPT, ...args]);
    const line = await process.nextLine();
    if (line === '') throw new Error(`the libtorrent swarm did not start: ${process.errors}`);
    const facts = JSON.parse(line) as { isReady: boolean; contacts: string[]; limits: Record<string, number> };
    if (!facts.isReady) throw new Error('the swarm did not store its announcements in time');
    return new LibtorrentSwarm(process, facts);
  }

  /** In the order of `contacts`. */
  async counts(): Promise<SessionCounts[]> {
    this.#process.write('count');
    return JSON.parse(await this.#process.nextLine()) as SessionCounts[];
  }
}

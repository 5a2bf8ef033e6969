// libtorrent_peers.py for a test: sessions of libtorrent with the settings that the test wants, and raw datagrams.
import path from 'node:path';
import { RunningProcess, type StartOptions } from './processes.ts';

const SCRIPT = path.join(import.meta.dirname, 'libtorrent_peers.py');

export interface SessionState {
  readonly dhtNodes: number;
  /** libtorrent's own words: `checking_resume_data`, `downloading`, `seeding`. */
  readonly state?: string;
  readonly isComplete?: boolean;
  readonly progress?: number;
  /** `host:port` of whom the torrent is connected to. */
  readonly peers?: readonly string[];
}

export interface SampleAnswer {
  readonly intervalSeconds: number;
  readonly num: number;
  readonly samples: readonly string[];
  readonly nodes: readonly string[];
}

/** Contacts are texts, `host:port`; infohashes, ids and targets are hex. */
export class LibtorrentPeers {
  readonly #process: RunningProcess;

  constructor(options: StartOptions = {}) {
    this.#process = new RunningProcess(['/usr/bin/python3', '-B', SCRIPT], options);
  }

  /** `settings`: libtorrent's own names, beside what libtorrent_settings.py sets (`out_enc_policy`, `enable_outgoing_tcp`, ...). */
  async startSession(name: string, address: string, settings: Record<string, unknown> = {}): Promise<void> {
    await this.#do('session', { name, address, settings });
  }

  async addNode(name: string, contact: string): Promise<void> {
    await this.#do('add_node', { name, contact });
  }

  /** Resolves with the infohash. The session's only torrent. */
  async addTorrent(name: string, file: string, folder: string, isSeed: boolean): Promise<string> {
    const { infohash } = (await this.#do('add_torrent', { name, file, folder, is_seed: isSeed })) as {
      infohash: string;
    };
    return infohash;
  }

  /** Announces the session's torrent in the DHT now. */
  async announce(name: string): Promise<void> {
    await this.#do('announce', { name });
  }

  async state(name: string): Promise<SessionState> {
    return (await this.#do('state', { name })) as SessionState;
  }

  /** libtorrent asks `contact` for samples; null when it got no valid answer. */
  async sample(name: string, contact: string, target: string): Promise<SampleAnswer | null> {
    return (await this.#do('sample', { name, contact, target })) as SampleAnswer | null;
  }

  /** A raw query from the address `source`. `kind` is 'r', 'e', or '' for silence. */
  async ask(
    source: string,
    contact: string,
    method: string,
    args: Record<string, string> = {},
  ): Promise<{ kind: string; id: string }> {
    return (await this.#do('ask', { source, contact, method, arguments: args })) as { kind: string; id: string };
  }

  /** Announces a peer to one node, from the peer's own address. */
  async tellPeer(peer: string, infohash: string, contact: string): Promise<boolean> {
    const [source, port] = peer.split(':');
    const told = await this.#do('tell_peer', { source, port: Number(port), infohash, contact });
    return (told as { isStored: boolean }).isStored;
  }

  /** A node that samples `infohashes`, names `nodes`, and gives the peers that those give, byte for byte. */
  async startTeller(
    address: string,
    asksFrom: string,
    infohashes: readonly string[],
    nodes: readonly { id: string; contact: string }[],
  ): Promise<void> {
    await this.#do('teller', { address, asks_from: asksFrom, infohashes, nodes });
  }

  /** Root only: a query to `contact` that claims to come from `source`. */
  async forge(source: string, contact: string, method: string, transaction: string): Promise<void> {
    await this.#do('forge', { source, contact, method, transaction });
  }

  async end(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  async #do(command: string, args: Record<string, unknown>): Promise<unknown> {
    const answered = this.#process.nextLine();
    this.#process.write(JSON.stringify({ do: command, ...args }));
    const line = await answered;
    if (line === '') throw new Error(`libtorrent_peers.py has ended: ${this.#process.errors}`);
    const { answer, problem } = JSON.parse(line) as { answer?: unknown; problem?: string };
    if (problem !== undefined) throw new Error(`libtorrent_peers.py, ${command}: ${problem}`);
    return answer;
  }
}

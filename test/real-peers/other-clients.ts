// The other torrent clients of the wild, each as its Debian package, with a torrent to seed and the DHT as its only way
// to find anybody: no trackers, no local discovery, no exchange of peers.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RunningProcess, type StartOptions } from './processes.ts';

export interface ClientOptions extends StartOptions {
  /** Its own, made anew: settings, state, and a folder `files` with what it seeds. */
  readonly home: string;
  readonly host: string;
  readonly port: number;
  /** A torrent file whose content lies in `home/files`. */
  readonly torrent: string;
  /** `host:port` of the node that it begins with. */
  readonly knows: string;
  /** More settings in the client's own words: arguments of aria2, lines of rTorrent's file, lines of qBittorrent's. */
  readonly more?: readonly string[];
  /** Of Transmission, in the words of its file. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export function startAria2({ home, host, port, torrent, knows, more = [], ...options }: ClientOptions): RunningProcess {
  const settings = {
    'enable-dht': 'true',
    'enable-dht6': 'false',
    'disable-ipv6': 'true',
    'dht-listen-port': port,
    'listen-port': port,
    interface: host,
    'dht-entry-point': knows,
    'dht-file-path': path.join(home, 'dht.dat'),
    dir: path.join(home, 'files'),
    'seed-ratio': 0,
    'bt-seed-unverified': 'true',
    'bt-enable-lpd': 'false',
    'enable-peer-exchange': 'false',
    quiet: 'true',
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  return new RunningProcess(['aria2c', '--no-conf', ...args, ...more, torrent], options);
}

export async function startRtorrent(client: ClientOptions): Promise<RunningProcess> {
  const { home, host, port, torrent, knows, more = [], ...options } = client;
  const session = path.join(home, 'session');
  await mkdir(session, { recursive: true });
  const settings = path.join(home, 'rtorrent.rc');
  const lines = [
    `network.bind_address.set = ${host}`,
    `network.port_range.set = ${port}-${port}`,
    'network.port_random.set = no',
    'dht.mode.set = on',
    `dht.port.set = ${port}`,
    'protocol.pex.set = no',
    'system.daemon.set = true',
    `directory.default.set = ${path.join(home, 'files')}`,
    `session.path.set = ${session}`,
    ...more,
    `load.start = ${torrent}`,
    `schedule2 = dht_node, 1, 0, "dht.add_node=${knows}"`,
  ];
  await writeFile(settings, `${lines.join('\n')}\n`);
  const env = { ...options.env, HOME: home };
  return new RunningProcess(['rtorrent', '-n', '-o', `import=${settings}`], { ...options, env });
}

/** As a node not on 127.0.0.0/8: it takes none there for real. As a seed it is anywhere. `more`: words of its command line. */
export async function startTransmission(client: ClientOptions): Promise<RunningProcess> {
  const { home, host, port, torrent, knows, more = [], settings: changed = {}, ...options } = client;
  const files = path.join(home, 'files');
  const settings = {
    'bind-address-ipv4': host,
    'bind-address-ipv6': '::1',
    'dht-enabled': true,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
    'peer-port': port,
    'peer-port-random-on-start': false,
    'rpc-enabled': false,
    'download-dir': files,
    ...changed,
  };
  await writeFile(path.join(home, 'settings.json'), JSON.stringify(settings));
  await writeFile(path.join(home, 'dht.bootstrap'), `${knows.replace(':', ' ')}\n`);
  const args = ['-g', home, '-w', files, '-p', String(port), '-M', ...more, torrent];
  return new RunningProcess(['transmission-cli', ...args], options);
}

/** libtorrent with the habits of the client that most people have. `more`: lines of the section [BitTorrent]. */
export async function startQbittorrent(client: ClientOptions): Promise<RunningProcess> {
  const { home, host, port, torrent, more = [], ...options } = client;
  const folder = path.join(home, 'qBittorrent', 'config');
  await mkdir(folder, { recursive: true });
  const lines = [
    '[LegalNotice]',
    'Accepted=true',
    '[BitTorrent]',
    `Session\\Port=${port}`,
    `Session\\InterfaceAddress=${host}`,
    'Session\\DHTEnabled=false',
    'Session\\LSDEnabled=false',
    'Session\\PeXEnabled=false',
    ...more,
    '[Network]',
    'PortForwardingEnabled=false',
    '[Preferences]',
    'Connection\\ResolvePeerCountries=false', // else it downloads a database of countries
    `WebUI\\Address=${host}`,
    'WebUI\\Port=8080',
    'WebUI\\UseUPnP=false',
  ];
  await writeFile(path.join(folder, 'qBittorrent.conf'), `${lines.join('\n')}\n`);
  const args = [`--profile=${home}`, `--save-path=${path.join(home, 'files')}`, '--skip-dialog=true', torrent];
  return new RunningProcess(['qbittorrent-nox', ...args], { ...options, env: { ...options.env, HOME: home } });
}

// Hands magnet links to the torrent client that the person configured, by the client's own interface: the Web API of
// qBittorrent, the RPC of Transmission, the JSON-RPC of aria2. Only to the configured address, following no redirect; an
// answer is read up to a limit and waited for up to a limit. Nothing here is logged: addresses and passwords are personal.
import type { TorrentClient } from '../../preload/settings-contract.ts';
import { askClient, type ClientAnswer, ClientProblem, fieldOf } from './client-request.ts';

export const CLIENT_NAMES = { qbittorrent: 'qBittorrent', transmission: 'Transmission', aria2: 'aria2' } as const;

/** Where the interface is when nothing else was said: on this machine, at the client's own port. */
export const CLIENT_ADDRESSES = {
  qbittorrent: 'http://127.0.0.1:8080',
  transmission: 'http://127.0.0.1:9091/transmission/rpc',
  aria2: 'http://127.0.0.1:6800/jsonrpc',
} as const satisfies Record<TorrentClient['kind'], string>;

/** What is configured, and the password, which is kept elsewhere. */
export interface ClientAccess extends TorrentClient {
  readonly password: string;
}

/** How many of the links were taken; with fewer than all, `problem` is a sentence about the first that was not. */
export interface HandOver {
  readonly takenCount: number;
  readonly problem: string | null;
}

interface ClientSession {
  /** What it calls itself: 'qBittorrent v4.5.2'. */
  version(): Promise<string>;
  /** Throws ClientProblem where it is not taken. */
  add(magnet: string): Promise<void>;
}

/** Asks who answers there and with which version. Throws `ClientProblem` with a sentence. */
export async function testClient(access: ClientAccess, signal: AbortSignal): Promise<string> {
  return (await openSession(access, signal)).version();
}

/** Adds `magnets` to the client, one after the other, until one is not taken. Never rejects but for a fault of ours. */
export async function handToClient(
  access: ClientAccess,
  magnets: readonly string[],
  signal: AbortSignal,
): Promise<HandOver> {
  let takenCount = 0;
  try {
    const session = await openSession(access, signal);
    for (const magnet of magnets) {
      await session.add(magnet);
      takenCount += 1;
    }
    return { takenCount, problem: null };
  } catch (error) {
    if (error instanceof ClientProblem) return { takenCount, problem: error.message };
    throw error;
  }
}

function openSession(access: ClientAccess, signal: AbortSignal): Promise<ClientSession> {
  const base = addressOf(access);
  const ask: Ask = (url, request) => askClient(CLIENT_NAMES[access.kind], url, { ...request, signal });
  switch (access.kind) {
    case 'qbittorrent':
      return openQbittorrent(access, base, ask);
    case 'transmission':
      return Promise.resolve(transmission(access, base, ask));
    case 'aria2':
      return Promise.resolve(aria2(access, base, ask));
  }
}

type Ask = (
  url: URL,
  request: { method: string; headers?: Record<string, string>; body?: string },
) => Promise<ClientAnswer>;

function addressOf({ kind, url }: ClientAccess): URL {
  const name = CLIENT_NAMES[kind];
  const text = url.trim() === '' ? CLIENT_ADDRESSES[kind] : url.trim();
  if (!URL.canParse(text)) throw new ClientProblem(`The address of ${name} in the settings is not an address.`);
  const address = new URL(text);
  if (!['http:', 'https:'].includes(address.protocol))
    throw new ClientProblem(`The address of ${name} in the settings must begin with http:// or https://.`);
  if (address.username !== '' || address.password !== '')
    throw new ClientProblem(
      'Name and password have fields of their own in the settings; take them out of the address.',
    );
  // A bare host means the client's usual path.
  if (address.pathname === '/') address.pathname = new URL(CLIENT_ADDRESSES[kind]).pathname;
  return address;
}

/** Web API 2: a session by cookie, where a name is given; on its own machine it may want none. */
async function openQbittorrent(access: ClientAccess, base: URL, ask: Ask): Promise<ClientSession> {
  const at = (path: string): URL => new URL(`${base.pathname.replace(/\/$/, '')}/api/v2/${path}`, base);
  const headers: Record<string, string> = {};
  const post = (path: string, form: Record<string, string>): Promise<ClientAnswer> => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(form).toString();
    return ask(at(path), { method: 'POST', headers: { ...headers, ...type }, body });
  };
  if (access.user !== '') {
    const login = await post('auth/login', { username: access.user, password: access.password });
    if (login.status === 401 || login.status === 403 || login.text.trim() === 'Fails.') throw refused(access);
    if (login.status >= 300) throw another(access, base);
    const cookie = login.headers.get('set-cookie')?.split(';')[0];
    if (cookie !== undefined) headers['cookie'] = cookie;
  }
  return {
    version: async () => {
      const answer = await ask(at('app/version'), { method: 'GET', headers });
      if (answer.status === 401 || answer.status === 403) throw refused(access);
      const version = /^v?(\d[\w.]{0,20})$/.exec(answer.text.trim())?.[1];
      if (answer.status !== 200 || version === undefined) throw another(access, base);
      return `${CLIENT_NAMES.qbittorrent} ${version}`;
    },
    add: async (magnet) => {
      const answer = await post('torrents/add', { urls: magnet });
      if (answer.status === 401 || answer.status === 403) throw refused(access);
      if (answer.status === 404 || answer.status === 405) throw another(access, base);
      // 'Fails.' is also what it says of a torrent that it has.
      if (answer.status >= 300 || answer.text.startsWith('Fails')) throw notTaken(access);
    },
  };
}

/** A session id that the first answer names (409), then one call for each link. */
function transmission(access: ClientAccess, base: URL, ask: Ask): ClientSession {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (access.user !== '' || access.password !== '') {
    const credentials = Buffer.from(`${access.user}:${access.password}`).toString('base64');
    headers['authorization'] = `Basic ${credentials}`;
  }
  const call = async (method: string, parameters: object): Promise<unknown> => {
    const body = JSON.stringify({ method, arguments: parameters });
    let answer = await ask(base, { method: 'POST', headers, body });
    const sessionId = answer.headers.get('x-transmission-session-id');
    if (answer.status === 409 && sessionId !== null) {
      headers['x-transmission-session-id'] = sessionId;
      answer = await ask(base, { method: 'POST', headers, body });
    }
    if (answer.status === 401 || answer.status === 403) throw refused(access);
    const result = fieldOf(answer.json, 'result');
    if (answer.status !== 200 || typeof result !== 'string') throw another(access, base);
    if (result !== 'success') throw notTaken(access);
    return fieldOf(answer.json, 'arguments');
  };
  return {
    version: async () => {
      const version = fieldOf(await call('session-get', {}), 'version');
      if (typeof version !== 'string') throw another(access, base);
      return `${CLIENT_NAMES.transmission} ${/^[\w.]{1,20}/.exec(version)?.[0] ?? ''}`.trim();
    },
    add: async (filename) => {
      await call('torrent-add', { filename });
    },
  };
}

/** What it says of a torrent that it has: as good as taken. */
const ARIA2_HAS_IT = 'already registered';

function aria2(access: ClientAccess, base: URL, ask: Ask): ClientSession {
  const token = access.password === '' ? [] : [`token:${access.password}`];
  const call = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'lanternfish', method, params: [...token, ...params] });
    const answer = await ask(base, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const message = fieldOf(fieldOf(answer.json, 'error'), 'message');
    if (message === 'Unauthorized' || answer.status === 401) throw refused(access);
    if (typeof message === 'string' && message.includes(ARIA2_HAS_IT)) return null;
    if (typeof message === 'string') throw notTaken(access);
    if (fieldOf(answer.json, 'jsonrpc') !== '2.0') throw another(access, base);
    return fieldOf(answer.json, 'result');
  };
  return {
    version: async () => {
      const version = fieldOf(await call('aria2.getVersion', []), 'version');
      if (typeof version !== 'string') throw another(access, base);
      return `${CLIENT_NAMES.aria2} ${/^[\w.]{1,20}/.exec(version)?.[0] ?? ''}`.trim();
    },
    add: async (magnet) => {
      await call('aria2.addUri', [[magnet]]);
    },
  };
}

function refused({ kind }: ClientAccess): ClientProblem {
  const what = kind === 'aria2' ? 'the secret' : 'the name and password';
  return new ClientProblem(`${CLIENT_NAMES[kind]} did not accept ${what} in the settings.`);
}

function another({ kind }: ClientAccess, { host }: URL): ClientProblem {
  return new ClientProblem(
    `Something answers at ${host}, but not as ${CLIENT_NAMES[kind]} does. Is the address right?`,
  );
}

function notTaken({ kind }: ClientAccess): ClientProblem {
  return new ClientProblem(
    `${CLIENT_NAMES[kind]} did not take the link. It may have it already; its own log says more.`,
  );
}

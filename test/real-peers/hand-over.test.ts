// Torrents handed to the real programs by their own interfaces: aria2, Transmission and qBittorrent on loopback, each without
// the DHT and anything else that would reach the network.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handToClient, testClient, type ClientAccess } from '../../main/app/torrent-client.ts';
import { startAria2, startQbittorrent, startTransmission } from './other-clients.ts';
import { NET } from './own-network.ts';
import { endAll, eventually } from './processes.ts';
import { makeSeededFile } from './seeded-file.ts';

const LIMIT_MS = 60_000;
const HASHES = ['0123456789'.repeat(4), 'abcdef0123'.repeat(4)];
const MAGNETS = HASHES.map((hash, at) => `magnet:?xt=urn:btih:${hash}&dn=Handed%20over%20${at}`);
const never = new AbortController().signal;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-hand-over-'));
});
afterAll(async () => {
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

async function home(name: string): Promise<{ home: string; torrent: string }> {
  const own = path.join(folder, name);
  await mkdir(own);
  return { home: own, torrent: (await makeSeededFile(own, `${name} seed`)).torrent };
}

/** Waits until it answers; says as what. */
async function answers(access: ClientAccess): Promise<string> {
  let found = '';
  await eventually(
    `${access.kind} answers`,
    async () => {
      found = await testClient(access, never).catch((error: unknown) => String(error));
      return !found.includes('Problem');
    },
    LIMIT_MS,
    () => found,
  );
  return found;
}

async function ask(url: string, headers: Record<string, string>, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('a torrent is handed to', () => {
  it('aria2, with its secret', async () => {
    const host = `${NET}.7.1`;
    startAria2({
      ...{ ...(await home('aria2')), host, port: 6881, knows: `${host}:1` },
      more: [
        ...[
          '--enable-dht=false',
          '--enable-rpc',
          '--rpc-listen-all',
          '--rpc-listen-port=6800',
          '--rpc-secret=open sesame',
        ],
        ...['--pause=true', '--follow-torrent=false'],
      ],
    });
    const access: ClientAccess = { kind: 'aria2', url: `http://${host}:6800`, user: '', password: 'open sesame' };
    expect(await answers(access)).toMatch(/^aria2 \d+\.\d+/);
    expect(await handToClient(access, MAGNETS, never)).toEqual({ takenCount: 2, problem: null });
    expect(await handToClient(access, MAGNETS, never)).toEqual({ takenCount: 2, problem: null }); // has them already
    const listed = async (method: string, ...range: number[]): Promise<string[]> => {
      const params = ['token:open sesame', ...range];
      const answer = await ask(`${access.url}/jsonrpc`, {}, { jsonrpc: '2.0', id: '1', method, params });
      return ((await answer.json()) as { result: { infoHash: string }[] }).result.map(({ infoHash }) => infoHash);
    };
    const all = [...(await listed('aria2.tellActive')), ...(await listed('aria2.tellWaiting', 0, 10))];
    expect(all).toEqual(expect.arrayContaining(HASHES));
    expect(await handToClient({ ...access, password: 'wrong' }, MAGNETS, never)).toEqual({
      ...{ takenCount: 0, problem: 'aria2 did not accept the secret in the settings.' },
    });
    // As another program: refused in words, and nothing is broken by it.
    await expect(testClient({ ...access, kind: 'transmission' }, never)).rejects.toThrow(/^Something answers at/);
    await expect(testClient({ ...access, kind: 'qbittorrent' }, never)).rejects.toThrow(/^Something answers at/);
  });

  it('Transmission, with name and password', async () => {
    const host = `${NET}.7.2`;
    await startTransmission({
      ...{ ...(await home('transmission')), host, port: 6881, knows: `${host}:1` },
      settings: {
        'dht-enabled': false,
        'rpc-enabled': true,
        'rpc-bind-address': host,
        'rpc-port': 9091,
        'rpc-authentication-required': true,
        'rpc-username': 'me',
        'rpc-password': 'pass word',
        'rpc-whitelist-enabled': false,
        'start-added-torrents': false,
      },
    });
    const access: ClientAccess = {
      kind: 'transmission',
      url: `http://${host}:9091`,
      user: 'me',
      password: 'pass word',
    };
    expect(await answers(access)).toMatch(/^Transmission \d+\.\d+/);
    expect(await handToClient(access, MAGNETS, never)).toEqual({ takenCount: 2, problem: null });
    const rpc = `http://${host}:9091/transmission/rpc`;
    const authorization = `Basic ${btoa('me:pass word')}`;
    const session = (await ask(rpc, { authorization }, {})).headers.get('x-transmission-session-id') ?? '';
    const listed = await ask(
      rpc,
      { authorization, 'x-transmission-session-id': session },
      {
        ...{ method: 'torrent-get', arguments: { fields: ['hashString'] } },
      },
    );
    const { arguments: given } = (await listed.json()) as { arguments: { torrents: { hashString: string }[] } };
    expect(given.torrents.map(({ hashString }) => hashString)).toEqual(expect.arrayContaining(HASHES));
    const wrong = await handToClient({ ...access, password: 'wrong' }, MAGNETS, never);
    expect(wrong.problem).toBe('Transmission did not accept the name and password in the settings.');
    await expect(testClient({ ...access, kind: 'aria2' }, never)).rejects.toThrow(/did not accept|Something answers/);
  });

  it('qBittorrent, with name and password', async () => {
    const host = `${NET}.7.3`;
    const files = await home('qbittorrent');
    await startQbittorrent({ ...files, host, port: 6881, knows: '', more: ['Session\\AddTorrentPaused=true'] });
    const access: ClientAccess = {
      kind: 'qbittorrent',
      url: `http://${host}:8080`,
      user: 'admin',
      password: 'adminadmin',
    };
    expect(await answers(access)).toMatch(/^qBittorrent \d+\.\d+/);
    expect(await handToClient(access, MAGNETS, never)).toEqual({ takenCount: 2, problem: null });
    const login = await fetch(`${access.url}/api/v2/auth/login`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'admin', password: 'adminadmin' }),
    });
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    const hashes = async (): Promise<string[]> => {
      const listed = await fetch(`${access.url}/api/v2/torrents/info`, { headers: { cookie } });
      return ((await listed.json()) as { hash: string }[]).map(({ hash }) => hash);
    };
    await eventually(
      'both are listed',
      async () => (await hashes()).filter((hash) => HASHES.includes(hash)).length === 2,
      LIMIT_MS,
    );
    const wrong = await handToClient({ ...access, password: 'wrong' }, MAGNETS, never);
    expect(wrong.problem).toBe('qBittorrent did not accept the name and password in the settings.');
  });
});

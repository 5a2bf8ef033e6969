// Handing links to torrent clients: servers on loopback that keep to each protocol, and servers that keep to none. The real
// programs are in test/real-peers/hand-over.test.ts.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ClientPassword } from '../../main/app/client-password.ts';
import { handToClient, testClient } from '../../main/app/torrent-client.ts';

const MAGNET = `magnet:?xt=urn:btih:${'0123456789'.repeat(4)}&dn=A%20%26%20B`;
const OTHER = `magnet:?xt=urn:btih:${'abcdef0123'.repeat(4)}`;
type Kind = 'qbittorrent' | 'transmission' | 'aria2';

interface Asked {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server on loopback; `answer` says what each request gets. */
async function serve(answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const access = (kind: Kind, url: string, user = '', password = '') => ({ kind, url, user, password });
const never = new AbortController().signal;
const problemOf = async (client: ReturnType<typeof access>): Promise<string | null> =>
  (await handToClient(client, [MAGNET], never)).problem;

test('qBittorrent: logs in, then adds each link', async () => {
  const { asked, url } = await serve((one, response) => {
    if (one.url.endsWith('/auth/login')) response.setHeader('set-cookie', 'SID=abc; HttpOnly; path=/');
    response.end(one.url.endsWith('/version') ? 'v4.5.2' : 'Ok.');
  });
  const client = access('qbittorrent', url, 'admin', 'a&b');
  expect(await handToClient(client, [MAGNET, OTHER], never)).toEqual({ takenCount: 2, problem: null });
  const paths = asked.map((one) => one.url);
  expect(paths).toEqual(['/api/v2/auth/login', '/api/v2/torrents/add', '/api/v2/torrents/add']);
  expect(new URLSearchParams(asked[0]!.body).get('password')).toBe('a&b');
  expect(asked[1]!.headers.cookie).toBe('SID=abc');
  expect(new URLSearchParams(asked[1]!.body).get('urls')).toBe(MAGNET);
  expect(await testClient(client, never)).toBe('qBittorrent 4.5.2');
});

test('Transmission: takes the session id that it is given, and keeps it', async () => {
  const { asked, url } = await serve((one, response) => {
    if (one.headers['x-transmission-session-id'] !== 's1') {
      response.writeHead(409, { 'X-Transmission-Session-Id': 's1' }).end('<h1>409: Conflict</h1>');
      return;
    }
    response.end(JSON.stringify({ result: 'success', arguments: {} }));
  });
  await handToClient(access('transmission', url, 'me', 'pw'), [MAGNET, MAGNET], never);
  expect(asked.map((one) => one.url)).toEqual(Array(3).fill('/transmission/rpc'));
  expect(JSON.parse(asked[2]!.body)).toEqual({ method: 'torrent-add', arguments: { filename: MAGNET } });
  expect(asked[2]!.headers.authorization).toBe(`Basic ${btoa('me:pw')}`);
});

test('what was taken before something went wrong is told', async () => {
  const { url } = await serve((one, response) => {
    if (one.body.includes('abcdef')) return void response.end(JSON.stringify({ result: 'invalid or corrupt torrent' }));
    response.end(JSON.stringify({ result: 'success', arguments: {} }));
  });
  expect(await handToClient(access('transmission', url), [MAGNET, OTHER, MAGNET], never)).toEqual({
    takenCount: 1,
    problem: expect.stringMatching(/^Transmission did not take the link/),
  });
});

test('aria2 that has a torrent already counts as taking it', async () => {
  const { url } = await serve((_, response) => {
    const error = { code: 1, message: 'InfoHash 0123 is already registered.' };
    response.writeHead(400).end(JSON.stringify({ id: 'lanternfish', jsonrpc: '2.0', error }));
  });
  expect(await handToClient(access('aria2', url), [MAGNET], never)).toEqual({ takenCount: 1, problem: null });
});

test.each(['qbittorrent', 'transmission', 'aria2'] as const)('%s: what goes wrong is a sentence', async (kind) => {
  expect(await problemOf(access(kind, 'http://127.0.0.99:59321'))).toMatch(
    /^Nothing answers at 127\.0\.0\.99:59321\. Is .* running/,
  );
  expect(await problemOf(access(kind, 'file:///etc/passwd'))).toMatch(/must begin with http/);
  expect(await problemOf(access(kind, 'http://me:secret@127.0.0.99:59321'))).toMatch(/fields of their own/);
  expect(await problemOf(access(kind, 'no address'))).toMatch(/is not an address/);
  const elsewhere = await serve((_, response) => response.end('Ok.'));
  const redirecting = await serve((_, response) => response.writeHead(307, { location: elsewhere.url }).end());
  expect(await problemOf(access(kind, redirecting.url))).toMatch(/sends us on to another address/);
  expect(elsewhere.asked).toEqual([]);
  const endless = await serve((_, response) => response.end('x'.repeat(200_000)));
  expect(await problemOf(access(kind, endless.url))).toMatch(/^What answers at .* is not/);
  const refusing = await serve((_, response) => response.writeHead(401).end('Unauthorized'));
  expect(await problemOf(access(kind, refusing.url, 'u', 'p'))).toMatch(
    /did not accept the (name and password|secret)/,
  );
  const page = await serve((_, response) => response.writeHead(404).end('<h1>Not found</h1>'));
  expect(await problemOf(access(kind, page.url, 'u', 'p'))).toMatch(/^Something answers at .*, but not as/);
  await expect(testClient(access(kind, page.url), never)).rejects.toThrow(/^Something answers at/);
});

test('a client that never answers is waited for until the person cancels', async () => {
  const silent = await serve(() => undefined);
  const cancel = new AbortController();
  const asking = testClient(access('transmission', silent.url), cancel.signal);
  setTimeout(() => cancel.abort(), 50);
  await expect(asking).rejects.toThrow('Cancelled.');
});

test('the password is kept encrypted where there is a keychain, else for this account only, and forgotten when asked', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-password-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'torrent-client.json');
  let isAvailable = false;
  const password = new ClientPassword(file, {
    isAvailable: () => isAvailable,
    encrypt: (text) => Buffer.from([...text].reverse().join('')),
    decrypt: (bytes) => [...bytes.toString()].reverse().join(''),
  });
  expect(await password.facts()).toEqual({ isSet: false, isEncrypted: false });
  await password.set('open sesame');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await password.read()).toBe('open sesame');
  isAvailable = true;
  await password.set('open sesame');
  expect(await readFile(file, 'utf8')).not.toContain('sesame');
  expect([await password.read(), await password.facts()]).toEqual(['open sesame', { isSet: true, isEncrypted: true }]);
  await password.set('');
  await expect(readFile(file)).rejects.toThrow(/ENOENT/);
});

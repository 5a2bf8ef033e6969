// New versions, with the packaged app and an update server on loopback that electron-updater takes for the real one: off until
// agreed, found, downloaded, compared with its checksum; what does not match is thrown away and said. A .deb's way, since that
// is what is packaged here; installing it is dpkg's work (debian-package.test.ts upgrades one).
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UpdateDto } from '../../preload/ipc-contract.ts';
import { until } from '../end-to-end/tray-host.ts';
import { startPackaged, type PackagedApp } from './packaged-process.ts';

const executable = process.env['LANTERNFISH_PACKAGED_APP'] ?? '';
const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)(`updates${isLinux ? '' : ' (tested on Linux, with a .deb)'}`, () => {
  /** What the server offers: a package that nobody will install. */
  const offered = Buffer.alloc(300_000, 'a newer lanternfish ');
  const server: { http: Server; asked: string[]; body: Buffer; manifest: string } = {
    http: createServer((request, response) => {
      const name = (request.url ?? '').split('?')[0]!;
      server.asked.push(name);
      if (name.endsWith('.yml')) response.end(server.manifest);
      else if (name.endsWith('.deb')) response.end(server.body);
      else response.writeHead(404).end();
    }),
    asked: [],
    body: offered,
    manifest: '',
  };
  let folder: string;
  let running: PackagedApp;
  let page: Page;

  const manifestOf = (version: string, bytes: Buffer): string => {
    const sha512 = createHash('sha512').update(bytes).digest('base64');
    const file = `lanternfish-${version}-linux-amd64.deb`;
    return [
      `version: ${version}`,
      `files:\n  - url: ${file}\n    sha512: ${sha512}\n    size: ${bytes.length}`,
      `path: ${file}\nsha512: ${sha512}`,
      `releaseDate: '2026-11-28T00:00:00.000Z'\n`,
    ].join('\n');
  };
  const step = async (name: 'check' | 'download'): Promise<UpdateDto> => {
    const answer: unknown = await page.evaluate(`window.lanternfish.updateApp({ step: '${name}' })`);
    return (answer as { value: UpdateDto }).value;
  };
  const downloads = async (): Promise<string[]> =>
    (await readdir(path.join(folder, 'cache'), { recursive: true }).catch(() => [])).filter((name) =>
      name.endsWith('.deb'),
    );

  beforeAll(async () => {
    server.http.listen(0, '127.0.0.1');
    await once(server.http, 'listening');
    folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-updates-'));
    // The app with an update server named in it, as the release workflow's builds have one.
    const app = path.join(folder, 'app');
    await cp(path.dirname(executable), app, { recursive: true });
    const { port } = server.http.address() as AddressInfo;
    const config = `provider: generic\nurl: http://127.0.0.1:${port}\nupdaterCacheDirName: lanternfish-updater\n`;
    await writeFile(path.join(app, 'resources', 'app-update.yml'), config);
    await writeFile(path.join(app, 'resources', 'package-type'), 'deb');
    await mkdir(path.join(folder, 'cache'));
    running = await startPackaged(path.join(app, path.basename(executable)), path.join(folder, 'data'), {
      XDG_CACHE_HOME: path.join(folder, 'cache'),
    });
    page = running.page;
  });

  afterAll(async () => {
    await running.quit();
    server.http.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('are not looked for before anybody agreed', async () => {
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 3000))');
    expect(server.asked).toEqual([]);
    const start: unknown = await page.evaluate('window.lanternfish.getStart()');
    expect(start).toMatchObject({ ok: true, value: { update: { state: 'idle' }, settings: { updates: false } } });
  });

  test('say that this version is the newest where it is', async () => {
    server.manifest = manifestOf('0.0.1', offered);
    expect(await step('check')).toMatchObject({ state: 'current' });
  });

  test('say that the server cannot be understood, or has nothing for this system', async () => {
    server.manifest = '<html>A page of a hotel that wants your name</html>';
    expect(await step('check')).toMatchObject({ state: 'failed', problem: expect.stringMatching(/update server/) });
  });

  test('are found, and not downloaded before the person asks for it', async () => {
    server.manifest = manifestOf('99.0.0', offered);
    server.asked.length = 0;
    expect(await step('check')).toEqual({ state: 'available', version: '99.0.0' });
    expect(server.asked.filter((name) => name.endsWith('.deb'))).toEqual([]);
  });

  test('refuse a download that is not what was promised, say so, and keep nothing of it', async () => {
    server.body = Buffer.from(offered);
    server.body[1234]! ^= 1;
    expect(await step('download')).toEqual({
      state: 'failed',
      problem: expect.stringMatching(/nothing was installed/),
    });
    expect(await downloads()).toEqual([]);
  });

  test('refuse one that comes without a checksum', async () => {
    server.manifest = manifestOf('99.0.0', offered).replaceAll(/^ *sha512: .*$/gm, '');
    const found = await step('check');
    const ended = found.state === 'available' ? await step('download') : found;
    expect(ended).toMatchObject({ state: 'failed' });
    expect(await downloads()).toEqual([]);
  });

  test('are downloaded, compared with their checksum, and wait for a click', async () => {
    server.body = offered;
    server.manifest = manifestOf('99.0.0', offered);
    await step('check');
    await page.evaluate('window.lanternfish.acceptNotice({ startWithComputer: false, lookForUpdates: false })');
    expect(await step('download')).toEqual({ state: 'ready', version: '99.0.0' });
    await until(async () => (await downloads()).length === 1, 5_000, 'the package in the cache');
  });
});

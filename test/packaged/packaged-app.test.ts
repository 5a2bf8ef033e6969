// The app as electron-builder leaves it (`--dir`), started as a person would start it: nothing of the source tree helps it.
// `npm test -- packaged` builds it and says where it is. The inspect fuse is off, so it is driven over the window's own port.
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadNativeBinding } from '../../main/dht/udp/native-binding.ts';
import { NO_BINDING, UDP_BINDING_VARIABLE } from '../../main/dht/udp/transport.ts';
import type { CallInput } from '../../preload/ipc-contract.ts';
import { startPackaged, type PackagedApp } from './packaged-process.ts';

const START_LIMIT_MS = 60_000;

const executable = process.env['LANTERNFISH_PACKAGED_APP'] ?? '';
const resources =
  process.platform === 'darwin' ? path.join(executable, '../../Resources') : path.join(executable, '../resources');

describe('the packaged app', () => {
  let folder: string;
  let app: PackagedApp;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-packaged-'));
    app = await startPackaged(executable, folder);
  }, START_LIMIT_MS);

  afterAll(async () => {
    await app.quit();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('opens its window from its own files', async () => {
    expect(new URL(app.page.url()).protocol).toBe('app:');
    expect(await app.page.title()).toBe('Lanternfish');
    await app.page.locator('button').first().waitFor();
  });

  test('keeps Node out of the window', async () => {
    expect(await app.page.evaluate('typeof require + typeof process')).toBe('undefinedundefined');
  });

  test('starts its threads and opens its database, with no help from the environment', async () => {
    const request: CallInput<'search'> = {
      ...{ text: '', sort: 'newest', isReversed: false, contentType: null, list: null, showsAdult: false },
      ...{ isFast: false, limit: 10, cursor: null },
    };
    const answer = await app.page.evaluate(`window.lanternfish.search(${JSON.stringify(request)})`);
    expect(answer).toMatchObject({ ok: true, value: { rows: [], totalCount: 0 } });
    expect(existsSync(path.join(folder, 'catalogue.db'))).toBe(true);
  });

  test('says which runtime it is, in the terminal and, for the test runtime, to the window', async () => {
    const [, major] = /Lanternfish on Electron (\d+)\.\d+\.\d+/.exec(app.output()) ?? [];
    const start = await app.page.evaluate('window.lanternfish.getStart()');
    const notice = major === '33' ? (expect.stringContaining('Test runtime') as string) : null;
    expect(start).toMatchObject({ ok: true, value: { runtimeNotice: notice } });
  });
});

describe('what is packed', () => {
  const archive = path.join(resources, 'app.asar');

  test('carries the licences of the libraries in it as a text that everybody can read', async () => {
    const text = await readFile(path.join(resources, 'licences.txt'), 'utf8');
    const manifest = JSON.parse(extractFile(archive, 'package.json').toString()) as { dependencies: object };
    const inTheWindow = ['svelte', 'virtua', '@lucide/svelte'];
    const parts = text.split(/^-{80}$/m).map((part) => part.trim());
    for (const name of [...Object.keys(manifest.dependencies), ...inTheWindow]) {
      const title = parts.findIndex((part) => part.startsWith(`${name} `) && !part.includes('\n'));
      expect(title, name).toBeGreaterThan(0);
      expect(parts[title + 1], name).toMatch(/copyright|licen[cs]e/i);
    }
  });

  test('is the build, its manifest and the one native package', () => {
    const files = listPackage(archive, { isPack: false }).map((file) => file.replaceAll('\\', '/'));
    const strange = files.filter((file) => !/^\/(out|node_modules|package\.json$)/.test(file));
    expect(strange).toEqual([]);
    expect(files.filter((file) => file.endsWith('.map') || file.endsWith('.ts'))).toEqual([]);
    const packages = files.filter((file) => /^\/node_modules\/[^/]+$/.test(file));
    expect(packages).toEqual(['/node_modules/better-sqlite3']);
    const binaries = files.filter((file) => file.endsWith('.node'));
    expect(binaries).toEqual([`/node_modules/better-sqlite3/prebuilds/${process.platform}-${process.arch}.node`]);
  });

  test('and, where this machine could compile it, the UDP socket, which loads from there', () => {
    const file = path.join(resources, 'native', 'udp.node');
    expect(existsSync(file)).toBe((process.env[UDP_BINDING_VARIABLE] ?? NO_BINDING) !== NO_BINDING);
    if (existsSync(file)) expect(Object.keys(loadNativeBinding(file))).toContain('open');
  });

  test('carries the name and version of the source', () => {
    const manifest = JSON.parse(extractFile(archive, 'package.json').toString()) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'lanternfish', main: 'out/main/main.js' });
  });

  test('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(executable);
    expect({
      runAsNode: wire[FuseV1Options.RunAsNode],
      nodeOptions: wire[FuseV1Options.EnableNodeOptionsEnvironmentVariable],
      inspect: wire[FuseV1Options.EnableNodeCliInspectArguments],
      asarOnly: wire[FuseV1Options.OnlyLoadAppFromAsar],
      asarIntegrity: wire[FuseV1Options.EnableEmbeddedAsarIntegrityValidation],
      fileProtocol: wire[FuseV1Options.GrantFileProtocolExtraPrivileges],
    }).toEqual({
      runAsNode: FuseState.DISABLE,
      nodeOptions: FuseState.DISABLE,
      inspect: FuseState.DISABLE,
      asarOnly: FuseState.ENABLE,
      asarIntegrity: FuseState.ENABLE,
      fileProtocol: FuseState.DISABLE,
    });
  });
});

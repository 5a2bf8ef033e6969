// What leaves the app towards the person's other programs, in the real window: torrents sent to a torrent client that is set up
// in the settings, and .torrent files that peers of a real swarm are asked for.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchApp, startSwarmProcess, temporaryFolder } from './app-under-test.ts';
import type { AppUnderTest, RunningSwarm, TemporaryFolder } from './app-under-test.ts';
import { until } from './tray-host.ts';

const SECRET = 'open sesame 4711';

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let session: AppUnderTest;
let client: Server;
/** Links that the client was handed. */
const handed: string[] = [];

/** Speaks as aria2 does; the real one is in test/real-peers. */
async function startClient(): Promise<string> {
  client = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { method, params } = JSON.parse(body) as { method: string; params: [string, [string]?] };
      const answer = (value: object): unknown =>
        response.end(JSON.stringify({ id: 'lanternfish', jsonrpc: '2.0', ...value }));
      if (params[0] !== `token:${SECRET}`) return answer({ error: { code: 1, message: 'Unauthorized' } });
      if (method === 'aria2.getVersion') return answer({ result: { version: '1.37.0' } });
      handed.push(...(params[1] ?? []));
      return answer({ result: '2089b05ecca3d829' });
    });
  });
  await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(client.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = await temporaryFolder('hand-over');
  swarm = await startSwarmProcess(['--nodes', '20', '--torrents', '30', '--seeders', '4', '--base', '127.11']);
  const contacts = swarm.bootstrap.map((contact) => `--bootstrap=${contact}`);
  session = await launchApp(folder.path, [...contacts, '--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast']);
  await session.page.getByTestId('notice-accept').click();
  await session.page.getByTestId('result-row').nth(8).waitFor({ timeout: 60_000 });
});

afterAll(async () => {
  await session.quit();
  await swarm.stop();
  client.close();
  await folder.remove();
});

const toast = (text: string | RegExp) => session.page.getByTestId('toast').getByText(text);

it('a client is set up, refused and found, in words', async () => {
  const { page } = session;
  const url = await startClient();
  await page.getByTestId('open-settings').click();
  const group = page.getByTestId('settings-client');
  await group.getByTestId('setting-torrentClient').getByRole('combobox').selectOption({ label: 'aria2' });
  const address = group.getByTestId('setting-clientAddress').getByRole('textbox');
  await address.fill('ftp://somewhere');
  await address.press('Enter');
  await group.getByText('An address begins with http').waitFor();
  await address.fill('http://127.0.0.99:59321'); // nobody is there
  await address.press('Enter');
  await group.getByTestId('test-client').click();
  await group.getByTestId('client-found').getByText('Nothing answers at 127.0.0.99:59321').waitFor();
  await address.fill(url);
  await address.press('Enter');
  await group.getByTestId('test-client').click();
  await group.getByTestId('client-found').getByText('did not accept the secret').waitFor();
  const secret = group.getByTestId('setting-clientPassword').locator('input');
  await secret.fill(SECRET);
  await secret.press('Enter');
  await group.getByTestId('forget-client-password').waitFor();
  await group.getByTestId('test-client').click();
  await group.getByTestId('client-found').getByText('aria2 1.37.0 answers.').waitFor();
  await page.keyboard.press('Escape');
});

it('the secret is in no settings, in no diagnostics, and does not come back to the window', async () => {
  const { page, app } = session;
  const start = JSON.stringify(await page.evaluate('window.lanternfish.getStart()'));
  const facts = JSON.stringify(await page.evaluate('window.lanternfish.getClientFacts()'));
  await page.evaluate('window.lanternfish.copyDiagnostics()');
  const diagnostics = await app.evaluate(({ clipboard }) => clipboard.readText());
  const settings = await readFile(path.join(folder.path, 'profile', 'settings.json'), 'utf8');
  const log = await readFile(path.join(folder.path, 'profile', 'logs', 'lanternfish.log'), 'utf8');
  for (const text of [start, facts, diagnostics, settings, log]) expect(text).not.toContain(SECRET);
  expect(diagnostics).toContain('# Counters');
});

it('one torrent and a selection are sent', async () => {
  const { page } = session;
  await page.getByTestId('result-row').first().click();
  await page.getByTestId('send-to-client').click();
  await toast('Sent to aria2').waitFor();
  expect(handed).toEqual([expect.stringMatching(/^magnet:\?xt=urn:bt/)]);
  await page.getByTestId('result-row').first().click(); // the focus was on the button
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByTestId('selection-send').waitFor();
  await page.keyboard.press('t');
  await toast('3 torrents sent to aria2').waitFor();
  expect(handed).toHaveLength(4);
});

it('opening a magnet is asked once, and not at all where it was said in the settings', async () => {
  const { page, app } = session;
  await app.evaluate(({ shell }) => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    shell.openExternal = (link: string) => Promise.resolve(void opened.push(link));
  });
  const opened = () => app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);
  await page.getByTestId('result-row').first().click();
  await page.getByTestId('open-magnet').click();
  await page.getByTestId('magnet-cancel').click();
  expect(await opened()).toEqual([]);
  await page.getByTestId('open-magnet').click();
  await page.getByTestId('magnet-confirm').click();
  await until(async () => (await opened()).length === 1, 5_000, 'the link');
  await page.getByTestId('open-magnet').click();
  await until(async () => (await opened()).length === 2, 5_000, 'the link, unasked');
  expect(await page.getByTestId('magnet-confirm').count()).toBe(0);
  expect((await opened())[0]).toMatch(/^magnet:\?xt=urn:bt/);
});

/** Saves the torrent whose details are open; the file's own infohash. */
async function savedAs(fileName: string): Promise<string> {
  const bytes = await readFile(path.join(folder.path, fileName));
  expect(bytes.subarray(0, 7).toString()).toBe('d4:info');
  const info = bytes.subarray(7, -1);
  return [createHash('sha1').update(info).digest('hex'), createHash('sha256').update(info).digest('hex')].join();
}

async function answerSaveDialog(fileName: string): Promise<void> {
  await session.app.evaluate(
    ({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    },
    path.join(folder.path, fileName),
  );
}

it('a .torrent file is asked for and saved', async () => {
  const { page } = session;
  const { infohashHex, name } = swarm.torrents[0]!;
  await page.getByTestId('search-box').fill(infohashHex);
  await page.getByTestId('result-row').first().click();
  await page.getByTestId('details-name').getByText(name).waitFor();
  await answerSaveDialog('one.torrent');
  await page.getByTestId('save-torrent').click();
  await toast('one.torrent saved').waitFor({ timeout: 60_000 });
  expect(await savedAs('one.torrent')).toContain(infohashHex);
  await until(async () => (await page.getByTestId('saving').count()) === 0, 5_000, 'the end of the card');
});

it('while paused it is asked whether discovery may go on', async () => {
  const { page } = session;
  await page.keyboard.press('Control+Shift+P');
  await page.locator('[data-testid=status-state][data-state=paused]').waitFor();
  await answerSaveDialog('two.torrent');
  await page.getByTestId('save-torrent').click();
  await page.getByRole('button', { name: 'Not now' }).click();
  expect(await page.locator('[data-testid=status-state][data-state=paused]').count()).toBe(1);
  await page.getByTestId('save-torrent').click();
  await page.getByTestId('resume-and-save').click();
  await toast('two.torrent saved').waitFor({ timeout: 60_000 });
  expect(await savedAs('two.torrent')).toContain(swarm.torrents[0]!.infohashHex);
});

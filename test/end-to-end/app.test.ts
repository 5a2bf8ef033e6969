// The whole app as a person meets it: notice, consent, first torrents, search, details, magnet, pause from the tray, quit,
// start again. One Electron, one swarm on loopback; the steps build on each other, so they stand in order.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  launchApp,
  startSwarmProcess,
  temporaryFolder,
  type AppUnderTest,
  type RunningSwarm,
  type TemporaryFolder,
} from './app-under-test.ts';
import { startTrayHost, until, type TrayHost } from './tray-host.ts';

/** Not part of the swarm: a bootstrap address that is ours, to see the very first datagram and, in a pause, that none comes. */
const LISTENER_HOST = '127.0.0.77';

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let trayHost: TrayHost;
let listener: Socket;
let datagramCount = 0;
let session: AppUnderTest;
let switches: string[];

const numberOf = async (testId: string): Promise<number> =>
  Number((await session.page.getByTestId(testId).innerText()).replace(/[^\d]/g, ''));
const packetsOut = () =>
  session.page.evaluate(async () => {
    const api = (
      globalThis as unknown as { lanternfish: { getStart(): Promise<{ value: { status: { packetsOut: number } } }> } }
    ).lanternfish;
    return (await api.getStart()).value.status.packetsOut;
  });
const sleep = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

beforeAll(async () => {
  folder = await temporaryFolder('end-to-end');
  trayHost = await startTrayHost();
  swarm = await startSwarmProcess(['--nodes', '40', '--torrents', '120', '--seeders', '6']);
  listener = createSocket('udp4');
  listener.on('message', () => datagramCount++);
  listener.bind(0, LISTENER_HOST);
  await once(listener, 'listening');
  const contacts = [...swarm.bootstrap, `${LISTENER_HOST}:${listener.address().port}`];
  switches = [
    ...contacts.map((contact) => `--bootstrap=${contact}`),
    '--bind=127.0.0.1',
    '--allow-local-addresses',
    '--pace=fast',
  ];
  session = await launchApp(folder.path, switches);
});

afterAll(async () => {
  await session.app.close();
  listener.close();
  trayHost.stop();
  await swarm.stop();
  await folder.remove();
});

describe('before consent', () => {
  it('shows the notice and sends nothing', async () => {
    await session.page.getByTestId('notice').waitFor();
    await sleep(2_000);
    expect(datagramCount).toBe(0);
    expect(await packetsOut()).toBe(0);
  });

  it('refuses what the contract does not allow, in a sentence', async () => {
    const answers = await session.page.evaluate(async () => {
      const api = (globalThis as unknown as { lanternfish: Record<string, (input?: unknown) => Promise<unknown>> })
        .lanternfish;
      return [
        await api['search']!({
          text: 'x',
          sort: 'relevance',
          contentType: null,
          isFast: false,
          limit: 100000,
          cursor: null,
        }),
        await api['copyMagnet']!({ infohashHex: '../../etc/passwd' }),
        await api['setPaused']!({ isPaused: false, more: 1 }),
        await api['setPaused']!({ isPaused: false }),
      ];
    });
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, problem: expect.stringMatching(/\.$/) });
  });
});

describe('after consent', () => {
  it('finds torrents within seconds and lists them', async () => {
    const { page } = session;
    await page.getByTestId('notice-accept').click();
    await until(() => datagramCount > 0, 10_000, 'the first datagram');
    await page.getByTestId('result-row').first().waitFor({ timeout: 30_000 });
    await until(async () => (await numberOf('status-total')) >= 100, 90_000, '100 torrents');
    expect(await numberOf('status-nodes')).toBeGreaterThan(10);
  });

  it('searches as one types, with the focus already in the box', async () => {
    const { page } = session;
    await page.getByTestId('search-box').press('Escape');
    await page.keyboard.press('/');
    const wanted = swarm.torrents.find((torrent) => /^[\x20-\x7e]{12,}$/.test(torrent.name))!;
    const word = wanted.name.split(/[^A-Za-z]+/).find((part) => part.length >= 5)!;
    await page.keyboard.type(word.slice(0, 4));
    await until(
      async () => {
        // Rows found by a file's name come after those found by their own.
        const [first] = await page.getByTestId('result-row').allInnerTexts();
        return first?.toLowerCase().includes(word.slice(0, 4).toLowerCase()) ?? false;
      },
      10_000,
      'a row that matches the typed letters',
    );
    await page.keyboard.press('Control+a');
    await page.keyboard.type(`"${wanted.name}"`);
    await page.locator(`[data-testid=result-row][data-infohash="${wanted.infohashHex}"]`).waitFor();
  });

  it('shows details and the file tree, and copies the magnet', async () => {
    const { page, app } = session;
    const wanted = swarm.torrents.find((torrent) => torrent.fileCount > 2 && /^[\x20-\x7e]+$/.test(torrent.name))!;
    await page.getByTestId('search-box').fill(`"${wanted.name}"`);
    const row = page.locator(`[data-testid=result-row][data-infohash="${wanted.infohashHex}"]`);
    await row.click();
    await page.getByTestId('details').waitFor();
    expect(await page.getByTestId('details-name').innerText()).toContain(wanted.name);
    await page.getByTestId('file-row').first().waitFor();
    await page.getByTestId('copy-magnet').click();
    await until(
      async () => (await app.evaluate(({ clipboard }) => clipboard.readText())).includes(wanted.infohashHex),
      5_000,
      'the magnet on the clipboard',
    );
    const magnet = await app.evaluate(({ clipboard }) => clipboard.readText());
    expect(new URL(magnet).searchParams.get('dn')).toBe(wanted.name);
  });

  it('says so when nothing matches, and finds everything again when the box is cleared', async () => {
    const { page } = session;
    await page.getByTestId('search-box').fill('zzqxy no such torrent');
    await page.getByTestId('no-results').waitFor();
    await page.getByTestId('search-box').fill('');
    await page.getByTestId('result-row').first().waitFor();
  });

  it('shows a hostile query as text and answers it', async () => {
    const { page } = session;
    await page.getByTestId('search-box').fill(`"<img src=x onerror=alert(1)> -- ' OR 1=1; -\\`);
    await page.getByTestId('no-results').waitFor();
    await page.getByTestId('search-box').fill('');
    expect(session.complaints).toEqual([]);
  });
});

describe('the tray', () => {
  it('pauses: within a second nothing leaves any more, and the window says so', async () => {
    const icon = await trayHost.icon(10_000);
    expect(await icon.labels()).toEqual(expect.arrayContaining(['Pause', 'Open', 'Quit']));
    await icon.choose('Pause');
    await icon.waitForLabel('Resume', 5_000);
    await session.page
      .getByTestId('status-state')
      .getByText(/paused/i)
      .waitFor();
    expect(await icon.tooltip()).toMatch(/paused/i);
    await sleep(1_000);
    const [before, datagramsBefore] = [await packetsOut(), datagramCount];
    await sleep(3_000);
    expect([await packetsOut(), datagramCount]).toEqual([before, datagramsBefore]);
  });

  it('resumes from the window, and the tray follows', async () => {
    const icon = await trayHost.icon(1_000);
    await session.page.getByTestId('pause-toggle').click();
    await icon.waitForLabel('Pause', 5_000);
    await session.page
      .getByTestId('status-state')
      .getByText(/discovering|joining/i)
      .waitFor();
  });
});

describe('closing the window', () => {
  it('asks once whether to go on in the background, hides, and Open in the tray brings it back', async () => {
    const { app } = session;
    const icon = await trayHost.icon(1_000);
    await app.evaluate(({ dialog }) => {
      const answers = globalThis as unknown as { askedCount: number };
      answers.askedCount = 0;
      dialog.showMessageBox = () => {
        answers.askedCount++;
        return Promise.resolve({ response: 0, checkboxChecked: false }); // 'Keep discovering'
      };
    });
    const isVisible = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible());
    for (let round = 0; round < 2; round++) {
      await app.evaluate(({ BrowserWindow }) => {
        BrowserWindow.getAllWindows()[0]!.close();
      });
      await until(async () => !(await isVisible()), 5_000, 'the hidden window');
      expect(await icon.labels()).toContain('Pause');
      await icon.choose('Open');
      await until(isVisible, 5_000, 'the window again');
    }
    expect(await app.evaluate(() => (globalThis as unknown as { askedCount: number }).askedCount)).toBe(1);
  });
});

describe('quit and start again', () => {
  let totalBefore: number;
  let nodesBefore: number;

  it('keeps the paused state, the nodes and the torrents', async () => {
    const icon = await trayHost.icon(1_000);
    await icon.choose('Pause');
    await icon.waitForLabel('Resume', 5_000);
    await sleep(1_000); // what was verified before the pause is committed and shown by then
    totalBefore = await numberOf('status-total');
    nodesBefore = await numberOf('status-nodes');
    expect(await session.quit()).toBe(0);
    const datagramsBefore = datagramCount;

    session = await launchApp(folder.path, switches);
    await session.page
      .getByTestId('status-state')
      .getByText(/paused/i)
      .waitFor();
    await session.page.getByTestId('result-row').first().waitFor();
    expect(await session.page.getByTestId('notice').count()).toBe(0);
    expect(await numberOf('status-total')).toBe(totalBefore);
    // The window is there before the engine, which reads its tables then.
    const hasItsNodes = async () => (await numberOf('status-nodes')) >= Math.floor(nodesBefore * 0.9);
    await until(hasItsNodes, 10_000, 'the nodes that were met before');
    await sleep(1_500);
    expect(datagramCount).toBe(datagramsBefore);
    expect(await packetsOut()).toBe(0);
  });

  it('quits from the tray with exit code 0', async () => {
    const icon = await trayHost.icon(10_000);
    const exited = once(session.app.process(), 'exit');
    await icon.choose('Quit').catch(String); // the bus may lose the app before it answers
    expect((await exited)[0]).toBe(0);
  });
});

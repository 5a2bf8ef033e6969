// The .deb as a person meets it: installed by apt, started from the menu's entry, used, told what to do by the entry's
// actions (there is no tray in it), upgraded, removed. In a Debian of its own (debian-root.ts). `npm test -- packaged`
// makes the two packages; both carry the test runtime where that is what there is.
import { readFile } from 'node:fs/promises';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSwarmProcess, type RunningSwarm } from '../end-to-end/app-under-test.ts';
import { until } from '../end-to-end/tray-host.ts';
import { DebianRoot, USER, whyNoDebianRoot } from './debian-root.ts';

const packages = { old: process.env['LANTERNFISH_DEB_OLD'] ?? '', new: process.env['LANTERNFISH_DEB'] ?? '' };
const why = whyNoDebianRoot() ?? (packages.new === '' ? 'no package was made' : null);
const ENTRY = '/usr/share/applications/lanternfish.desktop';
const HOME = `/home/${USER}`;
const PROFILE = `${HOME}/.config/Lanternfish`;
const CATALOGUE = `${HOME}/.local/share/lanternfish/catalogue.db`;
const QUIETLY = ['env', 'DEBIAN_FRONTEND=noninteractive'];
const BUS = `unix:path=${HOME}/bus`;

describe.skipIf(why !== null)(`the Debian package${why === null ? '' : ` (${why})`}`, { timeout: 300_000 }, () => {
  let root: DebianRoot;
  let swarm: RunningSwarm;
  let desktop: Record<string, string>;
  let storedBefore = 0;

  beforeAll(async () => {
    root = await DebianRoot.make();
    swarm = await startSwarmProcess(['--nodes', '40', '--torrents', '120', '--seeders', '6']);
    desktop = {
      DISPLAY: process.env['DISPLAY'] ?? '',
      XAUTHORITY: `${HOME}/Xauthority`,
      DBUS_SESSION_BUS_ADDRESS: BUS,
    };
    await root.write(desktop['XAUTHORITY']!, await readFile(process.env['XAUTHORITY'] ?? '/dev/null'));
    root.startAsUser(['dbus-daemon', '--session', '--nofork', `--address=${BUS}`]);
    await until(() => root.has(`${HOME}/bus`), 10_000, 'a session bus');
  });

  afterAll(async () => {
    await swarm.stop();
    await root.remove();
  });

  const install = async (file: string): Promise<void> => {
    const options = ['-y', '--no-install-recommends'];
    const { code, output } = await root.run([...QUIETLY, 'apt-get', 'install', ...options, file]);
    expect(code, output).toBe(0);
  };
  const isRunning = async (): Promise<boolean> =>
    (await root.run(['pgrep', '-f', '^/opt/Lanternfish/lanternfish'])).code === 0;
  /** What a menu does: the entry by its file. */
  const launch = (entry: string): unknown => root.startAsUser(['gio', 'launch', entry], desktop);
  /** What a right click on the icon does. */
  const act = async (action: string): Promise<void> => {
    const [, exec] =
      new RegExp(`\\[Desktop Action ${action}\\][^[]*?\\nExec=(.*)`).exec((await root.read(ENTRY)) ?? '') ?? [];
    const { code, output } = await root.runAsUser((exec ?? '').split(' '), desktop);
    expect(code, output).toBe(0);
  };
  const ends = (): Promise<void> => until(async () => !(await isRunning()), 20_000, 'the end of the app');

  /** Starts the app by its own entry with switches for the swarm and for us behind its command, and opens its window. */
  const startOnSwarm = async (): Promise<{ browser: Browser; page: Page }> => {
    const switches = [
      ...['--disable-gpu', '--remote-debugging-port=0', '--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast'],
      ...swarm.bootstrap.map((contact) => `--bootstrap=${contact}`),
    ];
    const entry = ((await root.read(ENTRY)) ?? '').replace(/^(Exec=\/opt\S+) %U$/m, `$1 ${switches.join(' ')} %U`);
    expect(entry).toContain('--pace=fast');
    const edited = `${HOME}/.local/share/applications/lanternfish.desktop`;
    await root.write(edited, entry);
    await root.run(['rm', '-f', `${PROFILE}/DevToolsActivePort`]);
    launch(edited);
    await until(() => root.has(`${PROFILE}/DevToolsActivePort`), 40_000, 'the app to start');
    const [port, address] = ((await root.read(`${PROFILE}/DevToolsActivePort`)) ?? '').split('\n');
    const browser = await chromium.connectOverCDP(`ws://127.0.0.1:${port}${address}`);
    const context = browser.contexts()[0]!;
    const page = context.pages()[0] ?? (await context.waitForEvent('page'));
    await page.waitForLoadState();
    return { browser, page };
  };
  const startDto = async (page: Page) => {
    const answer: unknown = await page.evaluate('window.lanternfish.getStart()');
    return (answer as { value: { appVersion: string; status: { state: string; torrentCount: number } } }).value;
  };

  test('is installed by apt', async () => {
    await install(packages.old);
    expect(await root.has('/usr/bin/lanternfish')).toBe(true);
    expect((await root.run(['dpkg', '--verify', 'lanternfish'])).output).toBe('');
  });

  test('starts from its entry in the menu, and quits by the action of that entry', async () => {
    launch(ENTRY);
    await until(() => root.has(CATALOGUE), 40_000, 'the catalogue');
    expect(await isRunning()).toBe(true);
    await act('Quit');
    await ends();
  });

  test('finds torrents, and pauses and resumes by the actions while there is no tray', async () => {
    const { browser, page } = await startOnSwarm();
    await page.getByTestId('notice-accept').click();
    await until(async () => (await startDto(page)).status.torrentCount >= 60, 90_000, '60 torrents');
    await act('Pause');
    await until(async () => (await startDto(page)).status.state === 'paused', 10_000, 'a pause');
    await act('Resume');
    await until(async () => (await startDto(page)).status.state !== 'paused', 10_000, 'going on');
    storedBefore = (await startDto(page)).status.torrentCount;
    await act('Quit');
    await ends();
    await browser.close();
  });

  test('is upgraded with everything that was stored', async () => {
    await install(packages.new);
    const { browser, page } = await startOnSwarm();
    await until(async () => (await startDto(page)).status.torrentCount >= storedBefore, 20_000, 'the stored torrents');
    const manifest = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect((await startDto(page)).appVersion).toBe(manifest.version);
    expect(await page.getByTestId('notice-accept').count()).toBe(0);
    await act('Quit');
    await ends();
    await browser.close();
  });

  test('is removed without a trace but the person’s own data', async () => {
    const { code, output } = await root.run(['apt-get', 'purge', '-y', 'lanternfish']);
    expect(code, output).toBe(0);
    for (const path of ['/opt/Lanternfish', '/usr/bin/lanternfish', ENTRY, '/etc/apparmor.d/lanternfish']) {
      expect([path, await root.has(path)]).toEqual([path, false]);
    }
    expect((await root.run(['find', '/usr/share/icons', '-name', 'lanternfish*'])).output).toBe('');
    expect((await root.run(['dpkg-query', '-W', 'lanternfish'])).code).not.toBe(0);
    expect(await root.has(CATALOGUE)).toBe(true);
  });
});

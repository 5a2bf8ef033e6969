// The app while nobody looks at its window: the tray's menu, a pause that ends by itself, what a second launch asks, the
// system's own reasons to rest, a worker that falls, diagnostics. A listener on loopback stands for the network.
import * as dbus from '@jellybrick/dbus-next';
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { launchApp, ROOT, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';
import { startTrayHost, until, type TrayHost } from './tray-host.ts';

const LISTENER_HOST = '127.0.0.78';

let folder: TemporaryFolder;
let trayHost: TrayHost;
let listener: Socket;
let switches: string[];
let session: AppUnderTest;
let systemBus: SystemBus;

beforeAll(async () => {
  folder = await temporaryFolder('background');
  systemBus = await startSystemBus();
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = systemBus.address;
  trayHost = await startTrayHost();
  listener = createSocket('udp4');
  listener.bind(0, LISTENER_HOST);
  await once(listener, 'listening');
  switches = [`--bootstrap=${LISTENER_HOST}:${listener.address().port}`, '--bind=127.0.0.1', '--allow-local-addresses'];
  await mkdir(path.join(folder.path, 'profile'));
  await writeSettings({ consentAtUnixSeconds: 1, pauseOnMetered: true });
  session = await launchApp(folder.path, switches);
});

afterAll(async () => {
  await session.app.close();
  listener.close();
  trayHost.stop();
  systemBus.stop();
  delete process.env['DBUS_SYSTEM_BUS_ADDRESS'];
  await folder.remove();
});

const settingsFile = (): string => path.join(folder.path, 'profile', 'settings.json');
const writeSettings = (settings: object): Promise<void> => writeFile(settingsFile(), JSON.stringify(settings));
const readSettings = async () =>
  JSON.parse(await readFile(settingsFile(), 'utf8')) as { isPaused: boolean; pausedUntilUnixSeconds: number | null };
const call = async <T>(name: string, input?: object): Promise<T> => {
  const answer: unknown = await session.page.evaluate(
    `window.lanternfish.${name}(${input === undefined ? '' : JSON.stringify(input)})`,
  );
  return (answer as { value: T }).value;
};
const status = async (): Promise<StatusDto> => (await call<{ status: StatusDto }>('getStart')).status;
const isPaused = async (): Promise<boolean> => (await status()).state === 'paused';
/** Starts the program a second time, as a menu's action does; resolves when that second process has ended. */
const launchAgain = async (...args: string[]): Promise<void> => {
  const extra = (process.env['LANTERNFISH_TEST_ELECTRON_ARGS'] ?? '').split(' ').filter(Boolean);
  const runtime = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const [program, first] =
    runtime === undefined
      ? [process.execPath, [path.join(ROOT, 'node_modules/electron/cli.js')]]
      : [path.join(runtime, 'electron'), []];
  const second = spawn(program, [...first, ...extra, ROOT, `--data-dir=${folder.path}`, ...args], { stdio: 'ignore' });
  await once(second, 'exit');
};

describe('pausing', () => {
  it('offers an hour in the tray, says until when, and keeps to it across a restart', async () => {
    const icon = await trayHost.icon(30_000);
    await icon.waitForLabel('Pause', 10_000);
    await icon.choose('Pause for 1 hour');
    await until(isPaused, 5_000, 'the pause');
    const { pauseReasons, pausedUntilUnixSeconds } = await status();
    expect(pauseReasons).toEqual(['for-a-while']);
    expect(pausedUntilUnixSeconds! - Date.now() / 1000).toBeGreaterThan(3590);
    await session.page
      .getByTestId('status-state')
      .getByText(/paused until/i)
      .waitFor();
    expect(await icon.tooltip()).toMatch(/paused until/i);

    expect(await session.quit()).toBe(0);
    session = await launchApp(folder.path, switches);
    await session.page
      .getByTestId('status-state')
      .getByText(/paused until/i)
      .waitFor();
    expect((await status()).packetsOut).toBe(0);
  });

  it('resumes by itself when the time is over, also when that was while the app was not running', async () => {
    expect(await session.quit()).toBe(0);
    const inAMoment = Math.floor(Date.now() / 1000) + 8;
    await writeSettings({ ...(await readSettings()), pausedUntilUnixSeconds: inAMoment });
    session = await launchApp(folder.path, switches);
    await until(async () => !(await isPaused()), 20_000, 'going on after the time');
    await until(
      async () => (await readSettings()).pausedUntilUnixSeconds === null,
      5_000,
      'a settings file that knows',
    );
  });

  it('does what a second launch asks for, without showing another window', async () => {
    await launchAgain('--action=pause');
    await until(isPaused, 5_000, 'the pause');
    expect((await readSettings()).isPaused).toBe(true);
    await launchAgain('--action=resume');
    await until(async () => !(await isPaused()), 5_000, 'going on');
    expect(await session.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  it('rests on a metered network by itself, and leaves the person’s own pause alone', async () => {
    expect(await call('getSystem')).toMatchObject({ knowsMetered: true, hasTray: true });
    systemBus.setMetered(1);
    await call('changeSettings', { pauseOnMetered: false });
    await call('changeSettings', { pauseOnMetered: true }); // asks at once
    await until(isPaused, 10_000, 'the pause');
    expect((await status()).pauseReasons).toEqual(['metered']);
    await call('setPaused', { isPaused: false });
    expect((await status()).pauseReasons).toEqual([]);
    await call('setPaused', { isPaused: true });
    systemBus.setMetered(2);
    await call('changeSettings', { pauseOnMetered: false });
    expect((await status()).pauseReasons).toEqual(['person']);
    await call('setPaused', { isPaused: false });
  });

  it('stops before the computer sleeps and goes on after it', async () => {
    await session.app.evaluate(({ powerMonitor }) => powerMonitor.emit('suspend'));
    await until(isPaused, 5_000, 'rest before sleep');
    await session.app.evaluate(({ powerMonitor }) => powerMonitor.emit('resume'));
    await until(async () => !(await isPaused()), 5_000, 'going on after sleep');
  });
});

describe('a worker that falls', () => {
  it('is started again, and the window says so', async () => {
    await session.app.evaluate(() => {
      // The threads themselves are private to the app: the next message to one shows it to us.
      const { Worker } = process.getBuiltinModule('node:worker_threads');
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (...given: Parameters<typeof post>) {
        Worker.prototype.postMessage = post;
        void this.terminate();
        return post.apply(this, given);
      };
    });
    await call('setPaused', { isPaused: true });
    await until(async () => (await status()).notice?.includes('started again') ?? false, 10_000, 'the line');
    expect((await status()).notice).toMatch(/^Discovery was interrupted/);
    await call('setPaused', { isPaused: false });
    await until(async () => ['joining', 'no-reply'].includes((await status()).state), 20_000, 'discovery again');
    await until(async () => (await status()).packetsOut > 0, 20_000, 'packets again');
  });
});

describe('the tray and the menu', () => {
  it('opens the settings surface by an event', async () => {
    await session.page.evaluate(
      'window.lanternfish.on("openSettings", () => { document.title = "asked for settings"; })',
    );
    const icon = await trayHost.icon(20_000);
    await icon.choose('Settings');
    await until(async () => (await session.page.title()) === 'asked for settings', 5_000, 'the event');
  });

  it('copies diagnostics that name nobody', async () => {
    await session.page.getByRole('button', { name: 'More' }).click();
    await session.page.getByRole('menuitem', { name: 'Copy diagnostics' }).click();
    const read = () => session.app.evaluate(({ clipboard }) => clipboard.readText());
    await until(async () => (await read()).includes('# Counters'), 5_000, 'the clipboard');
    const text = await read();
    expect(text).toMatch(/Lanternfish: \d+\.\d+\.\d+/);
    expect(text).toMatch(/engine-worker fell/);
    expect(text).not.toMatch(/127\.0\.0|[0-9a-f]{40}/);
    expect(text).not.toContain(folder.path);
  });

  it('keeps a log on disk', async () => {
    const log = await readFile(path.join(folder.path, 'profile', 'logs', 'lanternfish.log'), 'utf8');
    expect(log).toMatch(/error engine-worker fell/);
  });
});

describe('without a tray', () => {
  it('asks before it stays without a window, stays, and comes back when it is started again', async () => {
    expect(await session.quit()).toBe(0);
    trayHost.stop();
    session = await launchApp(folder.path, switches);
    const { app } = session;
    await app.evaluate(({ dialog }) => {
      const asked = globalThis as unknown as { detail: string };
      dialog.showMessageBox = (...given: unknown[]) => {
        asked.detail = (given.at(-1) as { detail: string }).detail;
        return Promise.resolve({ response: 0, checkboxChecked: false });
      };
    });
    await app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]!.close();
    });
    const isVisible = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible());
    await until(async () => !(await isVisible()), 5_000, 'the hidden window');
    const detail = await app.evaluate(() => (globalThis as unknown as { detail: string }).detail);
    expect(detail).toMatch(/start Lanternfish again/);
    await launchAgain();
    await until(isVisible, 10_000, 'the window again');
    const exited = once(app.process(), 'exit');
    await launchAgain('--action=quit');
    expect((await exited)[0]).toBe(0);
    session = await launchApp(folder.path, switches); // for the end of the file
  });
});

interface SystemBus {
  readonly address: string;
  /** As NetworkManager's `Metered`: 1 yes, 2 no. */
  setMetered(value: number): void;
  stop(): void;
}

/** A system bus of our own, with somebody on it who speaks for NetworkManager. */
async function startSystemBus(): Promise<SystemBus> {
  const daemon: ChildProcess = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [address] = (await once(createInterface({ input: daemon.stdout! }), 'line')) as [string];
  const bus = dbus.sessionBus({ busAddress: address });
  let metered = 2;
  bus.addMethodHandler((message) => {
    if (message.path !== '/org/freedesktop/NetworkManager' || message.member !== 'Get') return false;
    bus.send(dbus.Message.newMethodReturn(message, 'v', [new dbus.Variant('u', metered)]));
    return true;
  });
  await bus.requestName('org.freedesktop.NetworkManager', 0);
  return {
    address,
    setMetered: (value) => {
      metered = value;
    },
    stop: () => {
      bus.disconnect();
      daemon.kill();
    },
  };
}

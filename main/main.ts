// Electron's entry: what must happen before 'ready', in order, and nothing that waits. The app itself is app/desktop-app.ts.
import { app, crashReporter, dialog } from 'electron';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { readPage, registerAppScheme, serveApp, type PageFiles } from './app/app-protocol.ts';
import { applicationMenu } from './app/application-menu.ts';
import { dataFolders, type DataFolders } from './app/data-folders.ts';
import { foldersFor, removeMovedFrom } from './app/data-place.ts';
import { DesktopApp } from './app/desktop-app.ts';
import { LAUNCH_ACTIONS, parseLaunchOptions, type LaunchOptions } from './app/launch-options.ts';
import { LogFile } from './app/log-file.ts';
import { drawnStart } from './app/page-start.ts';
import { runtimeLine, testRuntimeBinding } from './app/runtime-notice.ts';
import { SettingsFile } from './app/settings-file.ts';
import { lockDown } from './app/window.ts';
import { systemClock } from './base/clock.ts';
import { createTextLog } from './base/log.ts';

/** Null until it is known where things lie. */
let logFile: LogFile | null = null;
const log = createTextLog(
  (line) => {
    process.stderr.write(line);
    logFile?.write(line);
  },
  () => systemClock.nowUnixSeconds(),
);
const outDir = path.join(import.meta.dirname, '..');
const resourcesDir = app.isPackaged ? process.resourcesPath : path.join(outDir, '..', 'resources');

registerAppScheme();
const launch = parseLaunchOptions(process.argv);
if ('problem' in launch) {
  process.stderr.write(`${launch.problem}\n`);
  app.exit(2);
} else {
  prepare(launch);
}

function prepare(options: LaunchOptions): void {
  const folders = dataFolders(options.dataDir);
  try {
    for (const dir of [folders.profileDir, folders.dataDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    dialog.showErrorBox(
      'Lanternfish',
      `The data folder cannot be made: ${reason}\nChoose another with --data-dir=FOLDER.`,
    );
    app.exit(1);
    return;
  }
  app.setPath('userData', folders.profileDir);
  app.setAppUserModelId('io.github.lanternfish.Lanternfish');
  crashReporter.start({ uploadToServer: false });
  // The order of switches is not kept on the way to the running app: what is asked of it travels by itself.
  if (!app.requestSingleInstanceLock({ action: options.action })) {
    app.quit();
    return;
  }
  if (options.action === 'pause' || options.action === 'quit') {
    app.exit(0); // nothing runs, so there is nothing to pause or to quit
    return;
  }
  logFile = new LogFile(path.join(folders.profileDir, 'logs'));
  // As root every sandboxed child dies at once; only then is Chromium's own switch left standing (desktop.md D11).
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  process.on('uncaughtException', (error) => {
    log.error(error.stack ?? error.message);
    dialog.showErrorBox('Lanternfish has to close', `${error.message}\n\nEverything stored is safe.`);
    app.exit(1);
  });
  // What the first paint needs: there is no window yet that could wait.
  const settings = SettingsFile.read(path.join(folders.profileDir, 'settings.json'));
  const page = readPage(path.join(outDir, 'renderer'));
  void app.whenReady().then(() => run(options, folders, settings, page));
}

async function run(
  options: LaunchOptions,
  folders: DataFolders,
  settings: SettingsFile,
  page: PageFiles,
): Promise<void> {
  process.stdout.write(`${runtimeLine()}\n`);
  let desktopApp: DesktopApp | null = null;
  applicationMenu((command) => {
    desktopApp?.transfer(command);
  });
  lockDown();
  serveApp(page, (html) => drawnStart(html, settings.settings));
  if (logFile === null) return;
  const place = await foldersFor(folders, settings.settings.dataDir, systemClock);
  desktopApp = new DesktopApp({
    logFile,
    clock: systemClock,
    log,
    launch: options,
    folders: place.folders,
    placeNotice: place.notice,
    settings,
    outDir,
    resourcesDir,
    nativeBinding: testRuntimeBinding(),
  });
  app.on('second-instance', (_event, _argv, _directory, asked) => {
    desktopApp.openOrDo(LAUNCH_ACTIONS.find((action) => isObject(asked) && asked['action'] === action) ?? null);
  });
  app.on('activate', () => {
    desktopApp.open();
  });
  await desktopApp.start();
  await removeMovedFrom(place.folders.dataDir); // a move whose end a kill cut off
}

/** What another process sent along may be anything. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

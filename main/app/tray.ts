// The tray icon and its menu, drawn from the one crawl state. Shape, tooltip and menu all say it: a panel that does not
// repaint the icon still tells the truth (desktop.md 3).
import { Menu, nativeImage, Tray, type MenuItemConstructorOptions } from 'electron';
import { execFile } from 'node:child_process';
import path from 'node:path';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { stateSentence } from './state-sentence.ts';

export interface TrayActions {
  readonly setPaused: (isPaused: boolean) => void;
  readonly pauseForAnHour: () => void;
  readonly open: () => void;
  readonly openSettings: () => void;
  readonly quit: () => void;
}

type Shape = 'running' | 'paused' | 'trouble';

export class AppTray {
  readonly #tray: Tray;
  readonly #iconDir: string;
  readonly #actions: TrayActions;
  #drawn = '';

  constructor(iconDir: string, actions: TrayActions) {
    this.#iconDir = iconDir;
    this.#actions = actions;
    this.#tray = new Tray(this.#image('paused'));
    this.#tray.on('click', () => {
      actions.open();
    });
  }

  /** Draws `status`; does nothing when it would look the same. */
  show(status: StatusDto): void {
    const sentence = stateSentence(status);
    const drawing = `${status.state} ${sentence}`;
    if (drawing === this.#drawn) return;
    this.#drawn = drawing;
    this.#tray.setImage(this.#image(shapeOf(status)));
    this.#tray.setToolTip(`Lanternfish: ${sentence}`);
    this.#tray.setContextMenu(Menu.buildFromTemplate(this.#menu(status, sentence)));
  }

  destroy(): void {
    this.#tray.destroy();
  }

  #menu(status: StatusDto, sentence: string): MenuItemConstructorOptions[] {
    const { setPaused, pauseForAnHour, open, openSettings, quit } = this.#actions;
    const isPaused = status.state === 'paused';
    const hasAgreed = status.state !== 'awaiting-consent';
    const entry = (label: string, click: () => void, enabled = true): MenuItemConstructorOptions => ({
      label,
      enabled,
      click,
    });
    return [
      { label: sentence, enabled: false },
      isPaused
        ? entry('Resume', () => {
            setPaused(false);
          })
        : entry(
            'Pause',
            () => {
              setPaused(true);
            },
            hasAgreed,
          ),
      entry('Pause for 1 hour', pauseForAnHour, hasAgreed),
      { type: 'separator' },
      entry('Open', open),
      entry('Settings', openSettings),
      { type: 'separator' },
      entry('Quit', quit),
    ];
  }

  #image(shape: Shape) {
    const image = nativeImage.createFromPath(path.join(this.#iconDir, fileOf(shape)));
    if (process.platform === 'darwin') image.setTemplateImage(true);
    return image;
  }
}

/** Windows picks a size out of an .ico; macOS wants black on clear under a name that says so, and colours it itself. */
function fileOf(shape: Shape): string {
  if (process.platform === 'win32') return `${shape}.ico`;
  return process.platform === 'darwin' ? `${shape}Template.png` : `${shape}.png`;
}

function shapeOf(status: StatusDto): Shape {
  if (status.problem !== null || status.state === 'failed' || status.state === 'no-reply') return 'trouble';
  return status.state === 'paused' || status.state === 'awaiting-consent' || status.state === 'stopped'
    ? 'paused'
    : 'running';
}

/** A computer that has just started answers late. */
const HOST_QUESTION_LIMIT_MS = 3_000;

/** Whether somebody shows tray icons. Elsewhere than on Linux there always is; there, a session bus is asked. */
export async function hasTrayHost(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const watcher = 'org.kde.StatusNotifierWatcher';
  const question = ['call', '--session', '-d', watcher, '-o', '/StatusNotifierWatcher'];
  const property = ['-m', 'org.freedesktop.DBus.Properties.Get', watcher, 'IsStatusNotifierHostRegistered'];
  return new Promise((resolve) => {
    execFile('gdbus', [...question, ...property], { timeout: HOST_QUESTION_LIMIT_MS }, (error, answer) => {
      resolve(error === null && answer.includes('true'));
    });
  });
}

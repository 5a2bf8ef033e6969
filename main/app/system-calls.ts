// The window's calls about the program itself: what this system can do, new versions, the log, diagnostics.
import { app, clipboard, powerMonitor, shell } from 'electron';
import { arch, release } from 'node:os';
import path from 'node:path';
import type { Session } from '../session/session.ts';
import type { Settings } from '../../preload/settings-contract.ts';
import { diagnosticsText } from './diagnostics.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import type { LogFile } from './log-file.ts';
import type { SettingsFile } from './settings-file.ts';
import { askMetered } from './system-conditions.ts';
import type { Updates } from './updates.ts';

export type SystemCalls = Pick<
  CallHandlers,
  'getSystem' | 'updateApp' | 'copyDiagnostics' | 'showLogs' | 'openLicences'
>;

interface Parts {
  readonly session: Session;
  readonly settings: SettingsFile;
  readonly logFile: LogFile;
  readonly updates: Updates;
  readonly hasTray: () => boolean;
}

const LOG_LINES_IN_DIAGNOSTICS = 200;

export function systemCalls({ session, settings, logFile, updates, hasTray }: Parts): SystemCalls {
  return {
    getSystem: async () => ({
      hasTray: hasTray(),
      knowsMetered: (await askMetered()) !== null,
      update: updates.state,
    }),
    updateApp: async ({ step }) => {
      if (step === 'check') await updates.check();
      else if (step === 'download') await updates.download();
      else updates.install();
      return updates.state;
    },
    copyDiagnostics: async () => {
      const text = diagnosticsText({
        facts: facts(hasTray()),
        status: session.status,
        settings: impersonal(settings.settings),
        logLines: await logFile.tail(LOG_LINES_IN_DIAGNOSTICS),
      });
      await clipboard.writeText(text);
      return null;
    },
    showLogs: async () => {
      const problem = await shell.openPath(path.dirname(logFile.path));
      if (problem !== '') throw new CallProblem(`The folder ${path.dirname(logFile.path)} could not be opened.`);
      return null;
    },
    openLicences: async () => {
      const file = licencesPath();
      const problem = await shell.openPath(file);
      if (problem !== '') throw new CallProblem(`This system could not open the text; it is the file ${file}.`);
      return null;
    },
  };
}

/** Every build makes it (scripts/licences.mjs); in a package it lies beside the archive, where everybody can read it. */
function licencesPath(): string {
  return app.isPackaged
    ? path.join(process.resourcesPath, 'licences.txt')
    : path.join(app.getAppPath(), 'out', 'licences.txt');
}

function facts(hasTray: boolean): Record<string, string> {
  const { electron, chrome, node } = process.versions;
  return {
    Lanternfish: app.getVersion(),
    Electron: `${electron}, Chromium ${chrome}, Node ${node}`,
    System: `${process.platform} ${release()} ${arch()}`,
    Session: process.env['XDG_SESSION_TYPE'] ?? 'unknown',
    Packaged: String(app.isPackaged),
    Tray: String(hasTray),
    'On battery': String(powerMonitor.isOnBatteryPower()),
    'Running for': `${Math.round(process.uptime())} s`,
  };
}

/** What may be told: switches, choices and numbers; of texts that a person wrote only whether there are any. */
function impersonal(settings: Readonly<Settings>): Record<string, unknown> {
  const personal: readonly (keyof Settings)[] = ['bindHost', 'dataDir', 'safetyListPath', 'torrentClient'];
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => {
      if (Array.isArray(value)) return [name, `${value.length} entries`];
      return [name, personal.some((other) => other === name) ? value !== null : value];
    }),
  );
}

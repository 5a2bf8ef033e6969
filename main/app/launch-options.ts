// What may be said on the command line of the desktop app. Unknown switches belong to Chromium and are left alone.
import { parseContact } from '../engine/engine-arguments.ts';
import { PACES, type EngineOptions, type PaceName } from '../engine/engine-contract.ts';

/** What a desktop entry's actions, or a script, may ask of the app that runs already. */
export const LAUNCH_ACTIONS = ['pause', 'resume', 'quit'] as const;
export type LaunchAction = (typeof LAUNCH_ACTIONS)[number];

export interface LaunchOptions {
  /** Everything (settings, profile, catalogue, tables) in this folder; null for the system's places. */
  readonly dataDir: string | null;
  /** Null: the public routers. */
  readonly bootstrap: EngineOptions['bootstrap'] | null;
  readonly bindHost: string | null;
  readonly port: number | null;
  readonly pace: PaceName | null;
  readonly localAddressesAllowed: boolean;
  /** Start in the tray, without a window. */
  readonly isHidden: boolean;
  /** Done by the running app instead of showing its window; null: show it. */
  readonly action: LaunchAction | null;
}

/** Reads `--name=value` switches from `argv`. A value that makes no sense is a sentence, for a dialog and exit 2. */
export function parseLaunchOptions(argv: readonly string[]): LaunchOptions | { readonly problem: string } {
  const valuesOf = (name: string): string[] =>
    argv.filter((argument) => argument.startsWith(`--${name}=`)).map((argument) => argument.slice(name.length + 3));
  const last = (name: string): string | null => valuesOf(name).at(-1) ?? null;

  const bootstrap = [];
  for (const text of valuesOf('bootstrap')) {
    const contact = parseContact(text);
    if (!contact) return { problem: `--bootstrap wants HOST:PORT, not "${text}".` };
    bootstrap.push(contact);
  }
  const paceText = last('pace');
  const pace = PACES.find((name) => name === paceText) ?? null;
  if (paceText !== null && pace === null)
    return { problem: `--pace is one of ${PACES.join(', ')}, not "${paceText}".` };
  const portText = last('port');
  const port = portText === null ? null : Number(portText);
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    return { problem: `--port is a whole number from 0 to 65535, not "${portText}".` };
  }
  const actionText = last('action');
  const action = LAUNCH_ACTIONS.find((name) => name === actionText) ?? null;
  if (actionText !== null && action === null) {
    return { problem: `--action is one of ${LAUNCH_ACTIONS.join(', ')}, not "${actionText}".` };
  }
  return {
    dataDir: last('data-dir'),
    bootstrap: bootstrap.length > 0 ? bootstrap : null,
    bindHost: last('bind'),
    port,
    pace,
    localAddressesAllowed: argv.includes('--allow-local-addresses'),
    isHidden: argv.includes('--hidden'),
    action,
  };
}

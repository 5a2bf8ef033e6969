// The app's side of the wall: each call is checked for who asks and what is asked before anything looks at it, and every
// failure becomes a sentence. Nothing else in the app listens to the window.
import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import * as v from 'valibot';
import {
  callChannel,
  callInputs,
  eventChannel,
  type CallInput,
  type CallName,
  type CallOutputs,
  type CallResult,
  type EventName,
  type Events,
} from '../../preload/ipc-contract.ts';
import type { Log } from '../base/log.ts';
import { APP_ORIGIN } from './app-protocol.ts';

export type CallHandlers = {
  readonly [Name in CallName]: (input: CallInput<Name>) => Promise<CallOutputs[Name]> | CallOutputs[Name];
};

/** An error whose message is a sentence for the person; any other error is logged and shown in general words. */
export class CallProblem extends Error {
  override readonly name: string = 'CallProblem';
}

/** Registers every call of the contract. `isSentence` says which errors may be shown as they are. */
export function handleCalls(handlers: CallHandlers, log: Log, isSentence: (error: unknown) => error is Error): void {
  for (const name of Object.keys(callInputs) as CallName[]) handleCall(name, handlers, log, isSentence);
}

function handleCall(
  name: CallName,
  handlers: CallHandlers,
  log: Log,
  isSentence: (error: unknown) => error is Error,
): void {
  // The schema has proved that the input belongs to the name; the compiler cannot follow that through a union.
  const handle = handlers[name] as (input: unknown) => Promise<unknown>;
  ipcMain.handle(callChannel(name), async (event, input: unknown): Promise<CallResult<unknown>> => {
    if (!isOurWindow(event)) return { ok: false, problem: 'Refused.' };
    const checked = v.safeParse(callInputs[name], input);
    if (!checked.success) return { ok: false, problem: 'That request was not understood.' };
    try {
      return { ok: true, value: await handle(checked.output) };
    } catch (error) {
      if (error instanceof CallProblem || isSentence(error)) return { ok: false, problem: error.message };
      log.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return { ok: false, problem: 'Something went wrong inside Lanternfish. The log says more.' };
    }
  });
}

/** Electron's security list, point 17: only the top frame of our own page. */
function isOurWindow(event: IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && frame.origin === APP_ORIGIN;
}

/** Tells `window` something, if it is there to hear it. */
export function sendEvent<Name extends EventName>(
  window: BrowserWindow | null,
  name: Name,
  payload: Events[Name],
): void {
  if (window && !window.isDestroyed() && !window.webContents.isCrashed()) {
    window.webContents.send(eventChannel(name), payload);
  }
}

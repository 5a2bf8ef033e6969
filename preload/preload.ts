// The only bridge into the sandboxed window: one function for each call of the contract, one subscription for its events.
// Electron's own objects, the event of a message among them, never cross it.
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { callChannel, callInputs, eventChannel, type CallName, type EventName } from './ipc-contract.ts';

const eventNames: readonly EventName[] = [
  'status',
  'settings',
  'torrentsAdded',
  'healthFound',
  'focusSearch',
  'openSettings',
  'update',
];

const calls = Object.fromEntries(
  (Object.keys(callInputs) as CallName[]).map((name) => [
    name,
    (input?: unknown): Promise<unknown> => ipcRenderer.invoke(callChannel(name), input),
  ]),
);

contextBridge.exposeInMainWorld('lanternfish', {
  ...calls,
  on: (name: EventName, receive: (payload: unknown) => void): (() => void) => {
    if (!eventNames.includes(name)) throw new TypeError('no such event');
    const listener = (_event: IpcRendererEvent, payload: unknown): void => {
      receive(payload);
    };
    ipcRenderer.on(eventChannel(name), listener);
    return () => {
      ipcRenderer.removeListener(eventChannel(name), listener);
    };
  },
});

// The only bridge into the sandboxed window: one function for each call of the contract, one subscription for its events.
// Electron's own objects, the event of a message among them, never cross it.
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { callChannel, callInputs, eventChannel, type CallName, type EventName } from './ipc-contract.ts';

const eventNames: readonly EventName[] = [
  'status',
  'settings',
  'torrentsAdded',
  'healthFound',
  'openSaved',
  'torrentSave',
  'focusSearch',
  'openSettings',
  'update',
  'transfer',
  'transferCommand',
];

const calls = Object.fromEntries(
  (Object.keys(callInputs) as CallName[]).map((name) => [
    name,
    (input?: unknown): Promise<unknown> => ipcRenderer.invoke(callChannel(name), input),
  ]),
);

contextBridge.exposeInMainWorld('lanternfish', {
  ...calls,
  importDropped: (files: readonly File[]): Promise<unknown> => {
    // Of a file that the page made itself the path is empty.
    const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '');
    return ipcRenderer.invoke(callChannel('importDropped'), { paths });
  },
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

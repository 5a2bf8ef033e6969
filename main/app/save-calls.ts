// Saving a torrent as a file: only names and files are stored, so the peers are asked once more for the info dictionary. The
// person chooses the place first, then the peers are asked, with progress and a way out.
import { app, dialog, type BrowserWindow, type SaveDialogOptions } from 'electron';
import path from 'node:path';
import type { Session } from '../session/session.ts';
import { TorrentProblem } from '../session/torrent-fetches.ts';
import type { TorrentSaveDto } from '../../preload/ipc-contract.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import { fileExists, torrentAround, writeTorrentFile } from './torrent-file.ts';
import { torrentFileName } from './torrent-file-name.ts';

export interface SaveCallsParts {
  readonly session: Session;
  /** By the person, or for whatever other reason: nothing may be sent. */
  readonly isPaused: () => boolean;
  readonly window: () => BrowserWindow | null;
  readonly send: (save: TorrentSaveDto | null) => void;
}

type SaveCallName = 'saveTorrent' | 'cancelSaveTorrent';

const GONE = 'This torrent is no longer in the catalogue.';

export function saveCalls({ session, isPaused, window, send }: SaveCallsParts): Pick<CallHandlers, SaveCallName> {
  /** One at a time: the window shows one line about it. */
  let current: AbortController | null = null;
  let folder = app.getPath('downloads');

  async function save(infohashHex: string, signal: AbortSignal): Promise<string | null> {
    const [facts] = await session.search.links([infohashHex]);
    if (facts === undefined) throw new CallProblem(GONE);
    const name = torrentFileName(facts.name, infohashHex);
    const filePath = await askWhere(window(), path.join(folder, name));
    if (filePath === null) return null;
    folder = path.dirname(filePath);
    const mayReplace = await fileExists(filePath); // then the dialog has asked
    const asked = [facts.infohashV1Hex, facts.infohashV2Hex].flatMap((hex) => hex ?? []);
    const show = (peerCount: number): void => send({ infohashHex, name: facts.name, peerCount });
    show(0);
    const info = await session.torrents.fetch(asked, { signal, onPeers: show });
    await write(filePath, torrentAround(info), mayReplace);
    return path.basename(filePath);
  }

  return {
    saveTorrent: async ({ infohashHex }) => {
      const { engine } = session.status;
      if (engine === null || engine.state === 'stopped')
        throw new CallProblem('Discovery has not been started, so nobody can be asked.');
      if (isPaused()) return { outcome: 'paused', fileName: null };
      if (current !== null)
        throw new CallProblem('Another torrent is being saved. Wait until it is there, or cancel it.');
      current = new AbortController();
      try {
        const fileName = await save(infohashHex, current.signal);
        return { outcome: fileName === null ? 'cancelled' : 'saved', fileName };
      } catch (error) {
        if (current.signal.aborted) return { outcome: 'cancelled', fileName: null };
        if (error instanceof TorrentProblem) throw new CallProblem(error.message);
        throw error;
      } finally {
        current = null;
        send(null);
      }
    },
    cancelSaveTorrent: () => {
      current?.abort();
      return null;
    },
  };
}

async function askWhere(parent: BrowserWindow | null, defaultPath: string): Promise<string | null> {
  const options: SaveDialogOptions = {
    defaultPath,
    filters: [{ name: 'Torrent', extensions: ['torrent'] }],
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  };
  const { canceled, filePath } = parent
    ? await dialog.showSaveDialog(parent, options)
    : await dialog.showSaveDialog(options);
  return canceled || !filePath ? null : filePath;
}

async function write(filePath: string, bytes: Uint8Array, mayReplace: boolean): Promise<void> {
  try {
    await writeTorrentFile(filePath, bytes, mayReplace);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new CallProblem('A file of that name has appeared meanwhile. It was left as it is.');
    const why =
      code === 'ENOSPC'
        ? 'the disk is full'
        : code === 'EACCES' || code === 'EPERM'
          ? 'that folder may not be written'
          : String(code);
    throw new CallProblem(`The file could not be written: ${why}.`);
  }
}

// The window's calls about torrents: searching, looking into one, and taking it elsewhere.
import { clipboard } from 'electron';
import type { Log } from '../base/log.ts';
import type { SearchClient } from '../session/search-client.ts';
import type { TorrentDetails } from '../store/store-contract.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import { openMagnetLink } from './magnet-handoff.ts';
import { magnetLink } from '../catalogue/magnet-link.ts';
import type { SettingsFile } from './settings-file.ts';

export type TorrentCalls = Pick<
  CallHandlers,
  'search' | 'suggest' | 'getDetails' | 'copyMagnet' | 'copyInfohash' | 'openMagnet'
>;

interface Parts {
  readonly search: SearchClient;
  readonly settings: SettingsFile;
  readonly log: Log;
}

export function torrentCalls({ search, settings, log }: Parts): TorrentCalls {
  const detailsOf = async (infohashHex: string): Promise<TorrentDetails> => {
    const details = await search.details(infohashHex);
    if (!details) throw new CallProblem('This torrent is no longer in the catalogue.');
    return details;
  };
  return {
    search: (request) => search.search('window', request),
    suggest: ({ text }) => search.suggest(text),
    getDetails: async ({ infohashHex }) => {
      const details = await search.details(infohashHex);
      return details && { ...details, magnet: magnetLink(details) };
    },
    copyMagnet: async ({ infohashHex }) => {
      await clipboard.writeText(magnetLink(await detailsOf(infohashHex)));
      return null;
    },
    copyInfohash: async ({ infohashHex }) => {
      await clipboard.writeText(infohashHex);
      return null;
    },
    openMagnet: async ({ infohashHex, isConfirmed }) => {
      if (!settings.settings.mayOpenMagnets && !isConfirmed) return 'needs-consent';
      const link = magnetLink(await detailsOf(infohashHex));
      if (isConfirmed && !settings.settings.mayOpenMagnets) await settings.change({ mayOpenMagnets: true });
      return (await openMagnetLink(link, log)) ? 'opened' : 'no-client';
    },
  };
}

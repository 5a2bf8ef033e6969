// What the window may ask about torrents: find them, show one, look who has it, hand its link on. The window only names
// infohashes; whatever leaves the app is made here, of what is stored.
import { clipboard } from 'electron';
import type { Log } from '../base/log.ts';
import type { Session } from '../session/session.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import { openMagnetLink } from './magnet-handoff.ts';
import { magnetLink } from '../catalogue/magnet-link.ts';
import type { SettingsFile } from './settings-file.ts';

const GONE = 'This torrent is no longer in the catalogue.';

export interface TorrentCallsParts {
  readonly session: Session;
  /** The session's threads have been started: the first search waits for them. */
  readonly opened: Promise<void>;
  readonly settings: SettingsFile;
  readonly log: Log;
}

type TorrentCallName =
  | 'search'
  | 'rowsAt'
  | 'suggest'
  | 'getDetails'
  | 'getVariants'
  | 'setMark'
  | 'copyMagnet'
  | 'copyMagnets'
  | 'copyInfohash'
  | 'openMagnet'
  | 'checkHealth';

/** The handlers of the calls about torrents. */
export function torrentCalls({
  session,
  opened,
  settings,
  log,
}: TorrentCallsParts): Pick<CallHandlers, TorrentCallName> {
  const { search } = session;
  const linkOf = async (infohashHex: string): Promise<string> => {
    const [facts] = await search.links([infohashHex]);
    if (facts === undefined) throw new CallProblem(GONE);
    return magnetLink(facts);
  };
  const hides = (showsAdult: boolean): boolean => settings.settings.hideAdultNames && !showsAdult;
  return {
    search: async ({ list, showsAdult, ...asked }) => {
      await opened;
      const request = { ...asked, hidesAdult: hides(showsAdult) };
      return search.search('window', list === null ? request : { ...request, list });
    },
    rowsAt: ({ showsAdult, ...request }) => search.rowsAt('window', { ...request, hidesAdult: hides(showsAdult) }),
    suggest: ({ text }) => search.suggest(text, hides(false)),
    getDetails: async ({ infohashHex }) => {
      const details = await search.details(infohashHex);
      return details && { ...details, magnet: magnetLink(details) };
    },
    setMark: ({ mark, isOn, infohashesHex }) => session.store.mark(mark, isOn, infohashesHex),
    getVariants: ({ infohashHex }) => search.variants(infohashHex, hides(false)),
    copyMagnet: async ({ infohashHex }) => {
      await clipboard.writeText(await linkOf(infohashHex));
      return null;
    },
    copyMagnets: async ({ infohashesHex }) => {
      const found = await search.links(infohashesHex);
      if (found.length === 0) throw new CallProblem('None of these torrents is in the catalogue any more.');
      await clipboard.writeText(found.map(magnetLink).join('\n'));
      return found.length;
    },
    copyInfohash: async ({ infohashHex }) => {
      await clipboard.writeText(infohashHex);
      return null;
    },
    openMagnet: async ({ infohashHex, isConfirmed }) => {
      if (!settings.settings.mayOpenMagnets && !isConfirmed) return 'needs-consent';
      const link = await linkOf(infohashHex);
      if (isConfirmed && !settings.settings.mayOpenMagnets) await settings.change({ mayOpenMagnets: true });
      return (await openMagnetLink(link, log)) ? 'opened' : 'no-client';
    },
    checkHealth: ({ infohashesHex }) => {
      session.checkHealth(infohashesHex);
      return null;
    },
  };
}

// The part of messages.ts about saving a torrent as a file.
import { plural } from './plural.ts';

export const saveMessages = {
  button: 'Save .torrent',
  hint: 'Asks those who have it once more, since only names and files are kept here',
  label: 'Saving a torrent file',
  title: 'Saving .torrent',
  looking: 'Looking for somebody who has it …',
  asking: (peers: number) => `Asking ${plural(peers, 'peer', 'peers')} …`,
  cancel: 'Cancel',
  done: (fileName: string) => `${fileName} saved`,
  pausedTitle: 'Resume discovery to save this?',
  pausedBody:
    'Only names and files are kept here, so the file comes from those who have the torrent. Asking them sends packets, and while discovery is paused none are sent.',
  notNow: 'Not now',
  resumeAndSave: 'Resume and save',
} as const;

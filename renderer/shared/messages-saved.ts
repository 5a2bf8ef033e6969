// The part of messages.ts about saved searches.
import { formatCount, formatCountShort } from './format.ts';
import { plural } from './plural.ts';

export const savedMessages = {
  title: 'Saved searches',
  button: 'Saved',
  buttonLabel: (unseen: number) =>
    unseen === 0 ? 'Saved searches' : `Saved searches, ${plural(unseen, 'new match', 'new matches')}`,
  none: 'Nothing saved yet. Type a search, then save it here: you hear of new torrents that match.',
  intro: 'You hear of new torrents whose names match, several together, at most every five minutes.',
  save: (query: string) => `Save “${query}”`,
  tellMe: 'Tell me when it appears',
  done: 'Saved. You will hear of new matches.',
  full: (most: number) => `There is room for ${formatCount(most)} saved searches. Delete one to save another.`,
  removed: (name: string) => `“${name}” deleted`,
  name: 'Name',
  unseen: (count: number) => `${formatCountShort(count)} new`,
  unseenLabel: (count: number) => plural(count, 'new match', 'new matches'),
  notify: (name: string) => `Notify of new matches for ${name}`,
  notifies: 'Notifies of new matches',
  isSilent: 'Only counts new matches',
  notificationsOff: 'Notifications are off in the settings, so new matches are only counted.',
  rename: (name: string) => `Rename ${name}`,
  renameShort: 'Rename',
  remove: (name: string) => `Delete ${name}`,
  removeShort: 'Delete',
  close: 'Close',
} as const;

// The part of messages.ts about the torrent client that torrents are handed to.
import type { TorrentClient } from '../../preload/settings-contract.ts';
import { formatCount } from './format.ts';
import { plural } from './plural.ts';

export type ClientKind = TorrentClient['kind'];
const names = { qbittorrent: 'qBittorrent', transmission: 'Transmission', aria2: 'aria2' } satisfies Record<
  ClientKind,
  string
>;

export const clientMessages = {
  names,
  send: (kind: ClientKind) => `Send to ${names[kind]}`,
  sendAny: 'Send to your torrent client',
  sending: (done: number, total: number) => `Cancel (${formatCount(done)} of ${formatCount(total)} sent)`,
  sent: (kind: ClientKind, count: number) =>
    count === 1 ? `Sent to ${names[kind]}` : `${plural(count, 'torrent', 'torrents')} sent to ${names[kind]}`,
  sentSome: (count: number, total: number, problem: string) =>
    total === 1 ? problem : `${formatCount(count)} of ${formatCount(total)} sent. ${problem}`,
  tooMany: (most: number) => `At most ${formatCount(most)} torrents are sent at once.`,
  notSetUp: 'No torrent client is set up. Choose one in the settings, under Torrent client.',

  mayOpen: {
    label: 'Open magnets without asking',
    help: '‘Open magnet’ hands the link to the program that opens magnets on this system. Off: it asks once.',
  },
  kind: { label: 'Program', help: 'Torrents are handed to it by its own interface, on this computer or another one.' },
  none: 'None',
  address: {
    label: 'Address',
    help: 'Empty: on this computer, where it usually answers.',
    invalid: 'An address begins with http:// or https://, without name and password in it.',
  },
  user: { label: 'Name', help: 'If it asks for one.' },
  password: {
    label: 'Password',
    secret: 'Secret',
    help: 'If it asks for one.',
    secretHelp: 'The word after --rpc-secret, if there is one.',
    isSet: 'Kept. Type another one to replace it.',
    encrypted: 'Kept in the keychain of this system, never shown again.',
    plain: 'This system has no keychain: it is kept in a file that only your account can read.',
    save: 'Keep',
    forget: 'Forget',
  },
  test: {
    label: 'Connection',
    help: 'Asks who answers there. Nothing is added.',
    button: 'Test connection',
    cancel: 'Cancel',
    testing: 'Asking …',
    found: (version: string) => `${version} answers.`,
  },
} as const;

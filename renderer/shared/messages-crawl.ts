// Texts of the crawl page. Everything that can be said in a sentence is; 'infohash' is a word of this page.
import type { CrawlDto } from '../../preload/crawl-contract.ts';
import { formatCount } from './format.ts';

type Signal = NonNullable<NonNullable<CrawlDto['now']>['lastSignal']>;

export const crawlMessages = {
  title: 'Crawl',
  close: 'Close this page',
  open: 'What the crawl is doing',
  failed: 'The figures could not be read',
  tryAgain: 'Try again',

  sentence: {
    notStarted: 'Nothing has been sent yet.',
    starting: 'Starting: reading the nodes met last time.',
    joining: 'Joining the network: waiting for the first answers.',
    paused: 'Paused. Nothing leaves this computer.',
    noReply: 'Asking, but nobody answers.',
    stopped: 'Stopped.',
    failed: 'Stopped by a problem.',
    counting: 'Discovering. The first figures take a few seconds.',
    quiet: (perSecond: string) => `Discovering quietly: ${perSecond} new addresses a second, well under your budget.`,
    within: (perSecond: string) => `Discovering: ${perSecond} new addresses a second, within your budget.`,
    full: (perSecond: string) => `Discovering at full pace: ${perSecond} new addresses a second, all that you allow.`,
    rising: (perSecond: string) => `Discovering, and speeding up carefully: ${perSecond} new addresses a second now.`,
    holding: (perSecond: string) => `Discovering more slowly for a while: ${perSecond} new addresses a second.`,
    resting: 'Resting for a few minutes: answers had stopped coming.',
    waiting: 'Waiting for the store to catch up; then it goes on.',
  },

  charts: {
    title: 'The last hour, by the minute',
    sampled: 'Infohashes seen',
    fresh: 'New among them',
    fetched: 'Torrents fetched',
    success: 'Success of fetching',
    perMinute: 'a minute',
    percent: (value: string) => `${value} %`,
    none: 'nothing yet',
    span: { from: '60 min ago', to: 'now' },
    /** The chart in words. */
    inWords: (title: string, last: string, least: string, most: string) =>
      `${title}: ${last} in the last whole minute, between ${least} and ${most} over the last hour.`,
    inWordsNone: (title: string) => `${title}: nothing yet.`,
  },

  budget: {
    title: 'Spoken, against what you allow',
    newAddresses: 'New addresses',
    packets: 'Packets',
    connections: 'New connections',
    ofCeiling: (now: string, most: string) => `${now} of ${most} a second`,
    change: 'Change the pace',
  },
  disk: {
    title: 'Disk',
    used: 'Catalogue',
    ofQuota: (used: string, quota: string) => `${used} of ${quota}`,
    unlimited: (used: string) => `${used}, no limit`,
    free: (free: string) => `${free} free on this disk`,
  },

  diagnosis: {
    title: 'How it is going',
    marks: { fine: 'Fine', notice: 'Worth knowing', trouble: 'Trouble' },
    noReply: (seconds: string) => `No replies for ${seconds} s: is the network up?`,
    noReplyUnknown: 'No replies: is the network up?',
    inboundNone: 'No inbound packets come through your router; that is fine. Lanternfish only asks.',
    inboundSome: (count: number) => `Others can reach you: ${formatCount(count)} questions came in.`,
    ipv4: (nodes: string) => `IPv4: ${nodes} nodes known`,
    ipv6Running: (nodes: string) => `IPv6: ${nodes} nodes known`,
    ipv6Missing: 'IPv6: not available on this computer or network; that is fine.',
    ipv6Off: 'IPv6: off',
    answers: (percent: string) => `${percent} of the nodes asked answer.`,
    answersFew: (percent: string) => `Only ${percent} of the nodes asked answer. A VPN or firewall may be in between.`,
    signals: {
      'replies-fell': 'Answers fell, so the pace was halved; your router may have been full.',
      'replies-slow': 'Answers became slow, so the pace was halved.',
      'send-errors': 'The system refused to send, so the pace was halved.',
      'thread-late': 'This computer was busy, so the pace was halved.',
    } satisfies Record<Signal, string>,
    ago: (line: string, minutes: number) =>
      minutes < 1 ? `${line} That was just now.` : `${line} That was ${formatCount(minutes)} min ago.`,
    storeBehind: (count: number) => `${formatCount(count)} torrents wait to be stored.`,
    quotaFull: 'The space for the catalogue is used up: the least useful torrents make room for new ones.',
    diskLow: (free: string) => `Only ${free} are free on this disk.`,
    localAllowed: 'Private addresses are allowed: this is a network of your own.',
    port: (port: number) => `Speaking from UDP port ${port}.`,
    openNetwork: 'Network settings',
    openStoring: 'Space for the catalogue',
    resume: 'Resume',
  },

  versions: {
    title: 'Clients that answer',
    body: 'As they name themselves; anybody can claim anything.',
    client: 'Client',
    asked: 'Asked',
    answered: 'Answered',
    infohashes: 'Infohashes',
    fresh: 'New',
    none: 'Nobody has answered yet.',
    unheard: 'No answer',
    noVersion: 'Says no name',
    other: 'Others',
    more: (count: number) => `Show ${formatCount(count)} more`,
    fewer: 'Show fewer',
  },
} as const;

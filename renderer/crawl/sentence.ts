// What the crawl is doing, in one sentence that a person understands.
import type { CrawlDto } from '../../preload/crawl-contract.ts';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { formatRate } from '../shared/format.ts';
import { messages } from '../shared/messages.ts';

/** Above this share of what is allowed all of it is used; below the other it is far from it. */
const FULL_SHARE = 0.95;
const QUIET_SHARE = 0.75;

export function sentenceOf(status: Pick<StatusDto, 'state'>, now: CrawlDto['now']): string {
  const text = messages.crawl.sentence;
  switch (status.state) {
    case 'awaiting-consent':
      return text.notStarted;
    case 'starting':
      return text.starting;
    case 'joining':
      return text.joining;
    case 'paused':
      return text.paused;
    case 'no-reply':
      return text.noReply;
    case 'stopped':
      return text.stopped;
    case 'failed':
      return text.failed;
    case 'running':
      return now === null ? text.counting : runningSentence(now);
  }
}

function runningSentence(now: NonNullable<CrawlDto['now']>): string {
  const text = messages.crawl.sentence;
  const { perSecond, ceilingPerSecond } = now.newAddresses;
  const rate = formatRate(perSecond);
  if (now.pace === 'resting') return text.resting;
  if (now.pace === 'holding') return text.holding(rate);
  if (perSecond >= ceilingPerSecond * FULL_SHARE) return text.full(rate);
  if (now.pace === 'rising' && perSecond >= now.allowedNewAddressesPerSecond * QUIET_SHARE) return text.rising(rate);
  return perSecond < ceilingPerSecond * QUIET_SHARE ? text.quiet(rate) : text.within(rate);
}

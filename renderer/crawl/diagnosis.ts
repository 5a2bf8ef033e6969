// How the crawl is going, as a short list: what is trouble first, each with at most one thing to do about it.
import type { CrawlDto } from '../../preload/crawl-contract.ts';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { formatCount, formatSize } from '../shared/format.ts';
import { messages } from '../shared/messages.ts';

export type Mark = 'trouble' | 'notice' | 'fine';
export type DiagnosisAct = 'network' | 'storing' | 'resume';
export interface DiagnosisLine {
  readonly key: string;
  readonly mark: Mark;
  readonly line: string;
  readonly act: DiagnosisAct | null;
}

/** Before this nobody can have come in, and shares say nothing. */
const SETTLED_SECONDS = 120;
/** Half of the table of any DHT is dead; below this something is in between. */
const FEW_ANSWERS = 0.12;
/** A signal is news for this long. */
const SIGNAL_NEWS_SECONDS = 15 * 60;
const WAITING_MANY = 200;
const DISK_LOW_BYTES = 1_000_000_000;
const ORDER: readonly Mark[] = ['trouble', 'notice', 'fine'];

export function diagnosisOf(
  status: Pick<StatusDto, 'state' | 'problem' | 'localAddressesAllowed'>,
  figures: Pick<CrawlDto, 'now' | 'disk'>,
): readonly DiagnosisLine[] {
  const lines = [...stateLines(status), ...networkLines(status, figures.now), ...storeLines(figures)];
  return lines.toSorted((a, b) => ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark));
}

function stateLines({ state, problem }: Pick<StatusDto, 'state' | 'problem'>): DiagnosisLine[] {
  const text = messages.crawl.diagnosis;
  if (state === 'no-reply') {
    const seconds = /for (\d+) s/.exec(problem ?? '')?.[1];
    const line = seconds === undefined ? text.noReplyUnknown : text.noReply(formatCount(Number(seconds)));
    return [{ key: 'no-reply', mark: 'trouble', line, act: 'network' }];
  }
  if (problem === null) return [];
  return [{ key: 'problem', mark: 'trouble', line: problem, act: state === 'failed' ? 'network' : null }];
}

function networkLines(
  { state, localAddressesAllowed }: Pick<StatusDto, 'state' | 'localAddressesAllowed'>,
  now: CrawlDto['now'],
): DiagnosisLine[] {
  const text = messages.crawl.diagnosis;
  if (now === null || state === 'failed' || state === 'stopped') return [];
  const lines: DiagnosisLine[] = [];
  const say = (key: string, mark: Mark, line: string, act: DiagnosisAct | null = null): void => {
    lines.push({ key, mark, line, act });
  };
  const isSettled = state === 'running' && now.uptimeSeconds >= SETTLED_SECONDS;
  const signalAgoSeconds = now.lastSignalAgoSeconds ?? Infinity;
  if (now.lastSignal !== null && signalAgoSeconds < SIGNAL_NEWS_SECONDS) {
    say('signal', 'notice', text.ago(text.signals[now.lastSignal], Math.floor(signalAgoSeconds / 60)));
  }
  if (isSettled && now.replyRatio !== null) {
    const percent = `${formatCount(now.replyRatio * 100)} %`;
    if (now.replyRatio < FEW_ANSWERS) say('answers', 'notice', text.answersFew(percent), 'network');
    else say('answers', 'fine', text.answers(percent));
  }
  if (now.queriesReceived > 0) say('inbound', 'fine', text.inboundSome(now.queriesReceived));
  else if (isSettled) say('inbound', 'fine', text.inboundNone);
  if (now.nodes4 > 0) say('ipv4', 'fine', text.ipv4(formatCount(now.nodes4)));
  if (now.ipv6 === 'running') say('ipv6', 'fine', text.ipv6Running(formatCount(now.nodes6)));
  else say('ipv6', 'fine', now.ipv6 === 'off' ? text.ipv6Off : text.ipv6Missing);
  if (now.port > 0) say('port', 'fine', text.port(now.port));
  if (localAddressesAllowed) say('local', 'notice', text.localAllowed);
  return lines;
}

function storeLines({ now, disk }: Pick<CrawlDto, 'now' | 'disk'>): DiagnosisLine[] {
  const text = messages.crawl.diagnosis;
  const lines: DiagnosisLine[] = [];
  if (now !== null && now.torrentsWaiting >= WAITING_MANY) {
    lines.push({ key: 'store', mark: 'notice', line: text.storeBehind(now.torrentsWaiting), act: null });
  }
  if (disk.freeBytes !== null && disk.freeBytes < DISK_LOW_BYTES) {
    lines.push({ key: 'disk', mark: 'trouble', line: text.diskLow(formatSize(disk.freeBytes)), act: 'storing' });
  } else if (disk.quotaBytes !== null && disk.usedBytes >= disk.quotaBytes) {
    lines.push({ key: 'quota', mark: 'notice', line: text.quotaFull, act: 'storing' });
  }
  return lines;
}

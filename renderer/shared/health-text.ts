// Health as a person reads it: a figure, and who counted it when. A bare number would say more than anybody knows. Pure.
import type { HealthDto } from '../../preload/ipc-contract.ts';
import { formatAge, formatCountShort } from './format.ts';
import { messages } from './messages.ts';

export interface HealthText {
  /** '24 seeders' */
  readonly figure: string;
  /** 'DHT, 5 min ago' */
  readonly origin: string;
  /** Everything, as one sentence. */
  readonly sentence: string;
  /** Somebody is known to have all of it; nobody is; nobody has looked. */
  readonly tone: 'alive' | 'nobody' | 'unknown';
}

export interface HealthFacts {
  readonly health: HealthDto | null;
  /** Peers that the DHT named when the torrent was found. */
  readonly peersSeen: number;
}

/** Of two sources the newer one speaks. */
export function healthText({ health, peersSeen }: HealthFacts, nowUnixSeconds: number): HealthText {
  const text = messages.health;
  const { dht = null, tracker = null, isDead = false } = health ?? {};
  const isByTracker = (tracker?.checkedAtUnixSeconds ?? 0) > (dht?.checkedAtUnixSeconds ?? 0);
  const count = isByTracker ? tracker : dht;
  if (count === null) {
    if (isDead) return { figure: text.nobody, origin: text.lookedOften, sentence: text.deadSentence, tone: 'nobody' };
    const figure = messages.row.peers(peersSeen);
    return { figure, origin: text.whenFound, sentence: text.foundSentence(figure), tone: 'unknown' };
  }
  const age = formatAge(count.checkedAtUnixSeconds, nowUnixSeconds);
  const source = isByTracker ? text.tracker : text.dht;
  const origin = `${source}, ${age === 'now' ? text.justNow : age}`;
  const hasNobody = count.seeders + count.leechers === 0;
  const seeders = text.seeders(count.seeders, formatCountShort(count.seeders));
  const figure = hasNobody ? text.nobody : count.seeders > 0 ? seeders : text.onlyLeechers(count.leechers);
  const tone = count.seeders > 0 ? 'alive' : 'nobody';
  return { figure, origin, sentence: text.countedSentence(seeders, text.leechers(count.leechers), origin), tone };
}

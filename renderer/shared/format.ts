// Numbers, sizes and times as people read them: digits and separators by the system's locale, words in English like
// every other text here. Pure; `now` is always handed in.

import { locale } from './language.ts';

const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const countShort = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const timeOfDay = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const exactTime = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium' });

/** '48,213' */
export function formatCount(value: number): string {
  return count.format(value);
}

/** '9,999', then '48.2K': for places that would grow with the catalogue. The exact one belongs in a title. */
export function formatCountShort(value: number): string {
  return value < 10_000 ? count.format(value) : countShort.format(value);
}

/** '18', '0.4': a decimal below ten, where it says something. */
export function formatRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 9.95 ? oneDecimal.format(perSecond) : count.format(perSecond);
}

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
/** From GB on tens of a unit still keep their decimal: half a gigabyte is worth knowing. */
const WHOLE_BELOW_UNIT = 3;

/** Explorer counts 1,024 bytes a step, Finder and the Linux desktops 1,000; people compare us with those. */
export function sizeStepOf(userAgent: string): 1000 | 1024 {
  return userAgent.includes('Windows') ? 1024 : 1000;
}
const SIZE_STEP = sizeStepOf(globalThis.navigator.userAgent);

/** '1.4 GB', '73.4 GB', '734 GB', '7.3 MB', '73 MB': a decimal where it says something, never on bytes. */
export function formatSize(sizeBytes: number, step: 1000 | 1024 = SIZE_STEP): string {
  let value = sizeBytes;
  let unitIndex = 0;
  // 999.5 would be shown as '1,000', so it already belongs to the next unit.
  while (value >= 999.5 && unitIndex < SIZE_UNITS.length - 1) {
    value /= step;
    unitIndex += 1;
  }
  const isWhole = unitIndex < WHOLE_BELOW_UNIT || value >= 99.95;
  const formatter = isWhole && (unitIndex === 0 || value >= 9.95) ? count : oneDecimal;
  return `${formatter.format(value)} ${SIZE_UNITS[unitIndex]}`;
}

/** '14:05', or '2:05 PM' where people write it so. */
export function formatTime(unixSeconds: number): string {
  return timeOfDay.format(unixSeconds * 1000);
}

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30.44 * DAY_SECONDS;
const YEAR_SECONDS = 365.25 * DAY_SECONDS;

/** 'now', '5 min ago', '3 hr ago', '2 days ago', '4 mo ago', '2 yr ago'. A clock that runs ahead of ours reads 'now'. */
export function formatAge(atUnixSeconds: number, nowUnixSeconds: number): string {
  const ageSeconds = nowUnixSeconds - atUnixSeconds;
  if (ageSeconds < MINUTE_SECONDS) return 'now';
  const say = (unit: Intl.RelativeTimeFormatUnit, seconds: number): string =>
    ago.format(-Math.floor(ageSeconds / seconds), unit).replace('.', '');
  if (ageSeconds < HOUR_SECONDS) return say('minute', MINUTE_SECONDS);
  if (ageSeconds < DAY_SECONDS) return say('hour', HOUR_SECONDS);
  if (ageSeconds < MONTH_SECONDS) return say('day', DAY_SECONDS);
  if (ageSeconds < YEAR_SECONDS) return say('month', MONTH_SECONDS);
  return say('year', YEAR_SECONDS);
}

/** Younger than this reads as fresh: 'now', with the accent. */
export function isFresh(atUnixSeconds: number, nowUnixSeconds: number): boolean {
  return nowUnixSeconds - atUnixSeconds < MINUTE_SECONDS;
}

/** The exact time, for a title. */
export function formatExactTime(atUnixSeconds: number): string {
  return exactTime.format(new Date(atUnixSeconds * 1000));
}

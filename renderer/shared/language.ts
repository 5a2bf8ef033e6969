// Which language the window speaks. There is English; `rtl-test` is the same drawn from right to left, so that every surface
// can be looked at that way. Texts are made when the page is loaded, so a change of language loads it anew; the page must
// know its language before it can ask the app, which is why it is kept in the page's own storage, too.
import type { Language } from '../../preload/settings-contract.ts';

const KEY = 'language';

/** Null outside a window (tests of pure parts). */
const storage = (globalThis as { readonly localStorage?: Storage }).localStorage ?? null;
const stored = storage?.getItem(KEY);

export const language: Language = stored === 'en' || stored === 'rtl-test' ? stored : 'system';
/** For figures and dates: undefined is the system's habit. */
export const locale: string | undefined = language === 'system' ? undefined : 'en';
export const isRightToLeft = language === 'rtl-test';

/** Remembers `wanted`; true: the page has to be loaded again for it. */
export function mustLoadAgainFor(wanted: Language): boolean {
  if (wanted === language || storage === null) return false;
  storage.setItem(KEY, wanted);
  return storage.getItem(KEY) === wanted;
}

const RIGHT_TO_LEFT_OVERRIDE = '\u202E';
const END_OF_OVERRIDE = '\u202C';

/** `texts` as they are, or each turned around for the test language; functions turn what they give. */
export function spoken<T>(texts: T, spokenLanguage: Language): T {
  return spokenLanguage === 'rtl-test' ? (turned(texts) as T) : texts;
}

function turned(value: unknown): unknown {
  if (typeof value === 'string') return `${RIGHT_TO_LEFT_OVERRIDE}${value}${END_OF_OVERRIDE}`;
  if (typeof value === 'function')
    return (...args: unknown[]) => turned((value as (...all: unknown[]) => unknown)(...args));
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, turned(inner)]));
}

// What the page looks like before its script runs: the settings that it needs for its first paint, as attributes of the
// document, so that the head of the window in index.html is drawn at once and as it stays.
import type { Settings } from '../../preload/settings-contract.ts';

/** index.html with what `settings` say; the head of the window is only drawn where the script will draw the same. */
export function drawnStart(html: string, { consentAtUnixSeconds, isPaused, language, theme }: Settings): string {
  // The notice of the first run has no head, and the test language turns everything around by script.
  const hasHead = consentAtUnixSeconds !== null && language !== 'rtl-test';
  const attributes = [
    ...(hasHead ? ['data-start="head"'] : []),
    ...(isPaused ? ['data-paused'] : []),
    ...(theme === 'high-contrast' ? ['data-contrast="more"'] : []),
  ];
  return html.replace('<html lang="en"', ['<html lang="en"', ...attributes].join(' '));
}

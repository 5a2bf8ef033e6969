// What the settings change about the document itself: contrast here, language by loading the page anew. Light and dark are
// the system's answer, which the app sets; the size is the window's zoom.
import type { SettingsDto } from '../../preload/settings-contract.ts';
import { mustLoadAgainFor } from './language.ts';

const wantsContrast = window.matchMedia('(prefers-contrast: more)');

/** Draws `settings`, and again when the system asks for more contrast, until the returned function is called. */
export function drawAppearance({ theme, language }: Pick<SettingsDto, 'theme' | 'language'>): () => void {
  const drawContrast = (): void => {
    const isHigh = theme === 'high-contrast' || wantsContrast.matches;
    document.documentElement.dataset['contrast'] = isHigh ? 'more' : 'usual';
  };
  drawContrast();
  wantsContrast.addEventListener('change', drawContrast);
  if (mustLoadAgainFor(language)) window.location.reload();
  return () => {
    wantsContrast.removeEventListener('change', drawContrast);
  };
}

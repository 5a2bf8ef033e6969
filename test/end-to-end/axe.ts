// axe-core in the real window.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Colours fade for at most this long after a surface or a theme changed; axe would measure what is in between. */
const SETTLE_MS = 300;

export const THEMES = ['light', 'dark', 'high-contrast'] as const;
export type TestedTheme = (typeof THEMES)[number];

/** Draws the window in `theme` as the settings do; resolves when it is. */
export async function setTheme(page: Page, theme: TestedTheme): Promise<void> {
  await page.evaluate(`window.lanternfish.changeSettings({ theme: '${theme}' })`);
  // Without this a theme that never changes would pass as three.
  await page.waitForFunction(
    (wanted) =>
      matchMedia('(prefers-color-scheme: dark)').matches === (wanted === 'dark') &&
      (document.documentElement.dataset['contrast'] === 'more') === (wanted === 'high-contrast'),
    theme,
  );
  await page.waitForTimeout(SETTLE_MS);
}

/** What axe finds on the page as it is: one line for each violation: rule, where, why. */
export async function violations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Through the driver, which the page's own policy does not bind.
  await page.evaluate(source);
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  );
}

/** The same in every theme, each line with its theme. */
export async function violationsInThemes(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const theme of THEMES) {
    await setTheme(page, theme);
    found.push(...(await violations(page)).map((line) => `${theme}: ${line}`));
  }
  return found;
}

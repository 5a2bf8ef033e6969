import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawnStart } from '../../main/app/page-start.ts';
import { DEFAULT_SETTINGS } from '../../main/app/settings-schema.ts';
import { messages } from '../../renderer/shared/messages.ts';

const html = readFileSync(path.join(import.meta.dirname, '..', '..', 'renderer', 'index.html'), 'utf8');
const agreed = { ...DEFAULT_SETTINGS, consentAtUnixSeconds: 1 };

describe('the page before its script runs', () => {
  it('has the head of the window once the person has agreed, not under the notice of the first run', () => {
    expect(drawnStart(html, agreed)).toContain('<html lang="en" data-start="head">');
    expect(drawnStart(html, DEFAULT_SETTINGS)).toContain('<html lang="en">');
  });

  it('knows the contrast for its first paint, and leaves the test language to the script', () => {
    expect(drawnStart(html, { ...agreed, theme: 'high-contrast' })).toContain('data-start="head" data-contrast="more"');
    expect(drawnStart(html, { ...agreed, language: 'rtl-test' })).toContain('<html lang="en">');
  });

  it('draws the head of a crawl that rests at rest', () => {
    expect(drawnStart(html, { ...agreed, isPaused: true })).toContain('data-start="head" data-paused>');
  });

  it('says what the script will say', () => {
    expect(html).toContain(`aria-label="${messages.search.label}"`);
    expect(html).toContain(`placeholder="${messages.search.placeholder(0)}"`);
    expect(html).toContain(`>${messages.paused.action}</span`);
    expect(html).toContain(`<span>${messages.appName}</span>`);
  });
});

import { describe, expect, it } from 'vitest';
import { ClientVersions, NO_VERSION, OTHER_VERSION, versionText } from '../../main/stats/client-versions.ts';

describe('ClientVersions', () => {
  it('keeps a bounded number of versions apart, for anybody may invent one', () => {
    const versions = new ClientVersions();
    for (let number = 0; number < 2000; number++)
      versions.replied(`XX${String.fromCharCode(number >> 8, number & 255)}`, 1);
    expect(versions.rows().length).toBe(513);
    expect(versions.rows().find((row) => row.version === OTHER_VERSION)!.asked).toBe(2000 - 512);
  });

  it('names clients for people without printing what a stranger sent', () => {
    expect(versionText('LT\x02\x07')).toBe('LT 2.0.7');
    expect(versionText('UT\xb0\x01')).toBe('UT b001');
    expect(versionText('\x00\x1b[2')).toBe('001b5b32');
    expect(versionText(NO_VERSION)).toBe(NO_VERSION);
  });
});

import { describe, expect, it } from 'vitest';
import {
  ClientVersions,
  NO_VERSION,
  OTHER_VERSION,
  UNHEARD_VERSION,
  versionText,
} from '../../main/stats/client-versions.ts';

describe('ClientVersions', () => {
  it('R15: counts by the raw four bytes who was asked, who answers with samples, and what came of it', () => {
    const versions = new ClientVersions();
    versions.replied('LT\x01\x2f', 20);
    versions.replied('LT\x01\x2f', 0, true);
    versions.replied('UT\x00\x01', null);
    versions.replied(null, 3);
    versions.errored(204);
    versions.errored(203);
    versions.timedOut();
    versions.foundNew('LT\x01\x2f');
    versions.foundNew('LT\x01\x2f');
    versions.foundPeers('LT\x01\x2f');
    const byVersion = new Map(versions.rows().map((row) => [row.version, row]));
    expect(byVersion.get('LT\x01\x2f')).toMatchObject({
      text: 'LT 1.2.15',
      asked: 2,
      answered: 2,
      unsupported: 0,
      infohashes: 20,
      newInfohashes: 2,
      infohashesWithPeers: 1,
      odd: 1,
    });
    expect(byVersion.get('UT\x00\x01')).toMatchObject({ asked: 1, answered: 0, unsupported: 1, infohashes: 0 });
    expect(byVersion.get(NO_VERSION)).toMatchObject({ asked: 1, answered: 1, infohashes: 3 });
    expect(byVersion.get(UNHEARD_VERSION)).toMatchObject({ asked: 3, refused: 1, otherErrors: 1, timeouts: 1 });
    expect(versions.rows()[0]!.version).toBe(UNHEARD_VERSION);
  });

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

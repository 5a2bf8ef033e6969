// R15: which client versions answer sample_infohashes, counted by what they say of themselves.
import { expect, test } from 'vitest';
import { ClientVersions, NO_VERSION, UNHEARD_VERSION } from '../../main/stats/client-versions.ts';

test('R15 counts by the raw four bytes who was asked, who answers with samples, and what came of it', () => {
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

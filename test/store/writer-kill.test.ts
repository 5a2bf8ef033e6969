// kill -9 in mid-write: whatever the writer has reported as stored is there afterwards. Two hundred times in test/long.
import { it } from 'vitest';
import { temporaryPath } from '../catalogue/support.ts';
import { surviveKills, surviveKillsForgetting } from './writer-kill-rig.ts';

const ROUNDS = 8;

it('keeps everything that was reported as stored', { timeout: 120_000 }, async () => {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => ({ reports: 2 + 2 * round, extraMs: 3 * round }));
  await surviveKills(temporaryPath(), rounds);
});

it('leaves a whole catalogue when it is killed while it forgets', { timeout: 120_000 }, async () => {
  const rounds = Array.from({ length: 5 }, (_, round) => ({ reports: 12 + 3 * round, extraMs: 11 * round }));
  await surviveKillsForgetting(temporaryPath(), rounds, 10e6);
});

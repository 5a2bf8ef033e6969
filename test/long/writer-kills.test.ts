// Two hundred times kill -9 of the writing process, at random moments of one seed: SEED=... runs the same ones again. A file takes
// twenty of them and then a new one begins, so that old rows meet later kills and the test stays below an hour.
import { it } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { temporaryPath } from '../catalogue/support.ts';
import { surviveKills } from '../store/writer-kill-rig.ts';

const KILLS = 200;
const KILLS_PER_FILE = 20;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

it(`loses nothing in ${KILLS} kills (SEED=${seed})`, { timeout: 3_600_000 }, async () => {
  const random = createSeededRandom(seed);
  for (let killed = 0; killed < KILLS; killed += KILLS_PER_FILE) {
    const rounds = Array.from({ length: KILLS_PER_FILE }, () => ({
      reports: 1 + random.below(6),
      extraMs: random.below(60),
    }));
    await surviveKills(temporaryPath(), rounds);
  }
});

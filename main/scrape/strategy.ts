// How the scraper finds the next node to sample. All four keep the same rules (24 hours, pace, budgets of referrers);
// `npm run bench -- crawl` compares them, and ARCHITECTURE.md has the figures that chose the default.
//   converge            the user's first loop: a lookup towards a random needle, then the nodes met are sampled nearest first
//   random-needles      the second loop: many tables around random needles, each sampled nearest first, cycled
//   stratified-needles  the same, and table i of n owns the i-th n-th of the key space
//   spread              stratified tables whose candidates are taken evenly over the key space: an infohash lies on the 8
//                       nodes nearest to it, so neighbours sample the same ones and far apart nodes do not
export type Strategy = 'converge' | 'random-needles' | 'stratified-needles' | 'spread';

export const STRATEGY_DEFAULT: Strategy = 'spread';

const NEEDLES_DEFAULT = 16;
/** Needles converged on at once by the first loop: one alone cannot use the usual pace. */
const CONVERGING_DEFAULT = 4;

export function needleCountOf(strategy: Strategy): number {
  return strategy === 'converge' ? CONVERGING_DEFAULT : NEEDLES_DEFAULT;
}

// Who finds candidates for the sampler: the search of the user's first loop, or the explorer of all the others.
import type { NodeContact } from '../base/contact.ts';
import { Converger, type ConvergerDependencies } from './converger.ts';
import { Explorer } from './explorer.ts';
import type { Strategy } from './strategy.ts';

export interface Scout {
  /** To be called every tick while samples are wanted. */
  tick(nowMs: number): void;
  /** Nodes learnt from any reply. True: they are the scout's, and no candidates by themselves. */
  hear(nodes: readonly NodeContact[]): boolean;
  checkInvariants(): void;
}

export function createScout(strategy: Strategy, dependencies: ConvergerDependencies): Scout {
  return strategy === 'converge' ? new Converger(dependencies) : new Explorer(dependencies);
}

// What the person is told about a thread that fell.
import type { WorkerName } from './session-contract.ts';

/** `isRestarted`: it has been started again; else it fell too often and stays down. */
export function fallenSentence(name: Exclude<WorkerName, 'transfer-worker'>, isRestarted: boolean): string {
  const what = { 'engine-worker': 'Discovery', 'writer-worker': 'Storing', 'search-worker': 'The search' }[name];
  return isRestarted
    ? `${what} was interrupted by a fault and has been started again. What was stored is safe.`
    : `${what} failed several times and was stopped. What was stored is safe. Restart Lanternfish.`;
}

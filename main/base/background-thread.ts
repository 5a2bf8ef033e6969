// What works for its own sake steps back for what somebody waits for: the window above all, and the person's other programs.
import { constants, getPriority, setPriority } from 'node:os';

/** A third of the share of a thread that did not step back, while both want the same processor; all of it while nobody else does. */
const STEPS_BACK = 5;

/**
 * Lets other threads have the processor before this one. On Linux, where each thread has a niceness of its own; elsewhere it is
 * the whole process that has one, the window with it, so there nothing is done.
 */
export function workInBackground(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + STEPS_BACK));
  } catch {
    // A system that forbids it: then all threads are equal, as before.
  }
}

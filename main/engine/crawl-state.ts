// Which CrawlState the engine is in, from facts alone. Kept apart from the wiring so that each rule can be tested by itself.
import { NO_REPLY_AFTER_MS, type CrawlState } from './engine-contract.ts';

export interface CrawlFacts {
  readonly hasStarted: boolean;
  readonly hasStopped: boolean;
  readonly isPaused: boolean;
  /** A sentence: the socket could not be opened. */
  readonly failure: string | null;
  readonly nodes: number;
  readonly hasHeardAnything: boolean;
  /** Since the last datagram came in, or since start or resume if none did. */
  readonly silentMs: number;
  readonly packetsOutDuringSilence: number;
}

/** Silence means something only after asking this often: a node with nothing to do is quiet too. */
const UNANSWERED_PACKETS_MIN = 5;

/** The state, and the sentence that goes with `failed` and `no-reply`. */
export function crawlState(facts: CrawlFacts): { readonly state: CrawlState; readonly problem: string | null } {
  if (facts.failure !== null) return { state: 'failed', problem: facts.failure };
  if (facts.hasStopped) return { state: 'stopped', problem: null };
  if (facts.isPaused) return { state: 'paused', problem: null };
  if (!facts.hasStarted) return { state: 'starting', problem: null };
  const hasAsked = facts.packetsOutDuringSilence >= UNANSWERED_PACKETS_MIN || facts.nodes === 0;
  if (facts.silentMs >= NO_REPLY_AFTER_MS && hasAsked) {
    const seconds = Math.floor(facts.silentMs / 1000);
    return {
      state: 'no-reply',
      problem: `No reply from the network for ${seconds} s. Is it up, and does it let UDP through? "npm run demo" shows everything offline.`,
    };
  }
  return { state: facts.hasHeardAnything ? 'running' : 'joining', problem: null };
}

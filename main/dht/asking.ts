// Who is told how a query ended: a function for each question, or somebody who asks much and knows his questions by number.
import type { Answer } from './answer.ts';
import type { QueryOutcome } from './dht-contract.ts';

/** Whoever asks much and remembers himself what he asked, so that no question needs a function of its own. */
export interface Asker {
  /** How the question with this number ended, and when; `answer` if by a reply, valid until it returns. */
  hear(question: number, kind: QueryOutcome['kind'], answer: Answer | null, nowMs: number): void;
}

/** Who is told how a query ended. */
export type Asking = Asker | ((outcome: QueryOutcome) => void);

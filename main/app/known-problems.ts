// Errors of the session whose message is written for the person and may be shown as it is.
import { SearchProblem } from '../session/search-client.ts';
import { StoreProblem } from '../session/store-client.ts';

export function isSentence(error: unknown): error is Error {
  return error instanceof SearchProblem || error instanceof StoreProblem;
}

// The crawl state in a few words, with why it rests. Pure.
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { formatTime } from '../shared/format.ts';
import { messages } from '../shared/messages.ts';

export function stateText(status: StatusDto): string {
  if (status.state === 'running' && status.problem !== null) return messages.status.withProblem;
  const [reason] = status.pauseReasons;
  if (status.state !== 'paused' || reason === undefined) return messages.state[status.state];
  return reason === 'for-a-while' && status.pausedUntilUnixSeconds !== null
    ? messages.pausedUntil(formatTime(status.pausedUntilUnixSeconds))
    : messages.pausedBecause[reason];
}

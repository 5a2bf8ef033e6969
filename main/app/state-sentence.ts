// The crawl state in a few words, the same in the tray and in the terminal.
import type { PauseReason, StatusDto } from '../../preload/ipc-contract.ts';

type Stated = Pick<StatusDto, 'state' | 'problem' | 'nodes'> &
  Partial<Pick<StatusDto, 'pauseReasons' | 'pausedUntilUnixSeconds'>>;

/** Figures in it are rounded down to what changes seldom, so that a tray menu is not rebuilt twice a second. */
export function stateSentence(status: Stated): string {
  switch (status.state) {
    case 'awaiting-consent':
      return 'Not started';
    case 'starting':
      return 'Starting';
    case 'joining':
      return 'Joining the network';
    case 'running':
      return status.problem === null ? 'Discovering' : 'Discovering, with a problem';
    case 'no-reply':
      return 'No reply from the network';
    case 'paused':
      return pauseSentence(status.pauseReasons?.[0] ?? 'person', status.pausedUntilUnixSeconds ?? null);
    case 'stopped':
      return 'Stopped';
    case 'failed':
      return 'Stopped by a problem';
  }
}

function pauseSentence(reason: PauseReason, untilUnixSeconds: number | null): string {
  switch (reason) {
    case 'person':
      return 'Paused';
    case 'for-a-while': {
      if (untilUnixSeconds === null) return 'Paused';
      const time = new Date(untilUnixSeconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      return `Paused until ${time}`;
    }
    case 'schedule':
      return 'Paused by schedule';
    case 'battery':
      return 'Paused on battery power';
    case 'metered':
      return 'Paused on a metered network';
    case 'asleep':
      return 'Paused while the computer sleeps';
  }
}

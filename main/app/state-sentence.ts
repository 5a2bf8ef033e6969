// The crawl state in a few words, the same in the tray and in the terminal.
import type { StatusDto } from '../../preload/ipc-contract.ts';

/** Figures in it are rounded down to what changes seldom, so that a tray menu is not rebuilt twice a second. */
export function stateSentence(status: Pick<StatusDto, 'state' | 'problem' | 'nodes'>): string {
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
      return 'Paused';
    case 'stopped':
      return 'Stopped';
    case 'failed':
      return 'Stopped by a problem';
  }
}

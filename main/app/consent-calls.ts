// The window's calls that decide whether anything is sent: agreeing to the network notice, pausing, resuming.
import type { Clock } from '../base/clock.ts';
import { CallProblem, type CallHandlers } from './ipc-handlers.ts';
import type { Pausing } from './pausing.ts';
import type { SettingsFile } from './settings-file.ts';

interface Parts {
  readonly clock: Clock;
  readonly settings: SettingsFile;
  readonly pausing: Pick<Pausing, 'setPaused' | 'pauseFor'>;
  /** The person has just agreed. */
  readonly begin: () => void;
}

type ConsentCalls = Pick<CallHandlers, 'acceptNotice' | 'setPaused' | 'pauseFor'>;

export function consentCalls({ clock, settings, pausing, begin }: Parts): ConsentCalls {
  return {
    acceptNotice: async ({ startWithComputer, lookForUpdates }) => {
      const before = settings.settings;
      if (before.consentAtUnixSeconds !== null) return null;
      // Consent is on disk before the first packet leaves.
      await settings.change({
        consentAtUnixSeconds: clock.nowUnixSeconds(),
        isPaused: false,
        autostart: startWithComputer || before.autostart,
        updates: lookForUpdates || before.updates,
      });
      if (settings.problem !== null) throw new CallProblem(settings.problem);
      begin();
      return null;
    },
    setPaused: ({ isPaused }) => {
      pausing.setPaused(isPaused);
      return null;
    },
    pauseFor: ({ minutes }) => {
      pausing.pauseFor(minutes);
      return null;
    },
  };
}

// What the load generator and a responder process say to each other.
import { createSeededRandom } from '../../../main/base/random.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export type ToResponder = { readonly listen: Listen } | 'cpu' | 'end';
/** CPU time of the process so far. */
export type FromResponder = 'listening' | { readonly cpuUs: number };

/** The same 200 contacts for everybody; nobody is there. */
export function contactsOf(): { id: Uint8Array; contact: { host: string; port: number } }[] {
  const random = createSeededRandom(42);
  return Array.from({ length: 200 }, (_, index) => ({
    id: random.bytes(20),
    contact: { host: `127.74.${index}.1`, port: 9 },
  }));
}

export function reportTo(process: NodeJS.Process, start: (listen: Listen) => Promise<void>): void {
  const say = (message: FromResponder): void => void process.send!(message);
  process.on('message', (message: ToResponder) => {
    if (message === 'end') process.exit(0);
    else if (message === 'cpu') {
      const { user, system } = process.cpuUsage();
      say({ cpuUs: user + system });
    } else {
      // A port that is taken ends this process; the benchmark then fails and says so.
      void start(message.listen).then(() => say('listening'));
    }
  });
  process.on('disconnect', () => process.exit(0));
}

// A fake api and a hand-driven clock for the controllers of the window. Each call waits until the test answers it, so that
// the order in which answers arrive is the test's to choose.
import type {
  CallName,
  CallOutputs,
  EventName,
  Events,
  LanternfishApi,
  ResultPageDto,
  ResultRowDto,
  StatusDto,
} from '../../preload/ipc-contract.ts';
import { DEFAULT_SETTINGS } from '../../main/app/settings-schema.ts';
import type { Timer, WindowClock } from '../../renderer/shared/clock.ts';

export interface PendingCall {
  readonly name: CallName;
  readonly input: unknown;
  succeed(value: unknown): Promise<void>;
  fail(problem: string): Promise<void>;
}

export class FakeApi {
  readonly calls: PendingCall[] = [];
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>();
  readonly api: LanternfishApi = new Proxy({} as LanternfishApi, {
    get: (_target, name: string) =>
      name === 'on' ? this.#on.bind(this) : (input: unknown) => this.#call(name as CallName, input),
  });

  /** The latest call of that name, which must exist. */
  last(name: CallName): PendingCall {
    const call = this.calls.findLast((one) => one.name === name);
    if (!call) throw new Error(`${name} was never called`);
    return call;
  }

  count(name: CallName): number {
    return this.calls.filter((call) => call.name === name).length;
  }

  emit<Name extends EventName>(name: Name, payload: Events[Name]): void {
    for (const receive of this.#listeners.get(name) ?? []) (receive as (payload: Events[Name]) => void)(payload);
  }

  listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  #on(name: EventName, receive: (payload: never) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(receive));
    return () => set.delete(receive);
  }

  #call(name: CallName, input: unknown): Promise<unknown> {
    return new Promise((resolve) => {
      const settle = async (answer: unknown): Promise<void> => {
        resolve(answer);
        // Lets every continuation that waits on the answer run.
        for (let i = 0; i < 5; i += 1) await Promise.resolve();
      };
      this.calls.push({
        name,
        input,
        succeed: (value) => settle({ ok: true, value }),
        fail: (problem) => settle({ ok: false, problem }),
      });
    });
  }
}

export class FakeClock implements WindowClock {
  nowMs = 0;
  readonly #timers = new Set<{ atMs: number; everyMs: number | null; callback: () => void }>();

  nowUnixSeconds(): number {
    return 1_700_000_000 + Math.floor(this.nowMs / 1000);
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#add({ atMs: this.nowMs + delayMs, everyMs: null, callback });
  }

  setRepeating(intervalMs: number, callback: () => void): Timer {
    return this.#add({ atMs: this.nowMs + intervalMs, everyMs: intervalMs, callback });
  }

  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.nowMs = next.atMs;
      if (next.everyMs === null) this.#timers.delete(next);
      else next.atMs += next.everyMs;
      next.callback();
    }
    this.nowMs = untilMs;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  #add(timer: { atMs: number; everyMs: number | null; callback: () => void }): Timer {
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }
}

export function row(seed: number): ResultRowDto {
  return {
    infohashHex: seed.toString(16).padStart(40, '0'),
    name: `Torrent ${seed}`,
    sizeBytes: 1e9,
    fileCount: 3,
    peersSeen: 4,
    discoveredAtUnixSeconds: 1_700_000_000 - seed,
    contentType: 'video',
    health: null,
    isStarred: false,
    isHidden: false,
    wasOpened: false,
    matches: [],
    fileMatch: null,
  };
}

export function rows(from: number, count: number): ResultRowDto[] {
  return Array.from({ length: count }, (_, index) => row(from + index));
}

export function page(facts: Partial<ResultPageDto> & Pick<ResultPageDto, 'rows'>): ResultPageDto {
  return {
    nextCursor: null,
    totalCount: facts.rows.length,
    totalIsExact: true,
    reachableCount: 0,
    countsByType: null,
    isPartial: false,
    didYouMean: [],
    adultHidden: null,
    ...facts,
  };
}

export const status: StatusDto = {
  state: 'running',
  problem: null,
  notice: null,
  pace: 'balanced',
  nodes: 0,
  packetsOut: 0,
  packetsIn: 0,
  samplesAsked: 0,
  infohashesSeen: 0,
  infohashesNew: 0,
  metadataTried: 0,
  metadataFetched: 0,
  sampledPerMinute: 0,
  newPerMinute: 0,
  torrentCount: 0,
  databaseBytes: 0,
  localAddressesAllowed: false,
  pauseReasons: [],
  pausedUntilUnixSeconds: null,
  safetyList: null,
};

export const start: CallOutputs['getStart'] = {
  status,
  settings: DEFAULT_SETTINGS,
  appVersion: '0.1.0',
  runtimeNotice: null,
  canStartWithComputer: true,
  update: { state: 'not-here' },
};

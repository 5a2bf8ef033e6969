// A StoreWriter on a real file with its ports recorded: messages arrive in the same turn, so that tests read in order.
import { onTestFinished } from 'vitest';
import type { Port } from '../../main/base/port.ts';
import { openOrRecover } from '../../main/store/recover-catalogue.ts';
import type { EngineToWriter, WriterEvent, WriterToEngine } from '../../main/store/store-contract.ts';
import type { SearchToWriter, WriterToSearch } from '../../main/store/writer-search-contract.ts';
import type { StoreStatus } from '../../main/store/owner-contract.ts';
import { StoreWriter } from '../../main/store/store-writer.ts';
import { ManualClock } from '../catalogue/support.ts';

export interface WriterUnderTest {
  readonly writer: StoreWriter;
  readonly clock: ManualClock;
  readonly events: WriterEvent[];
  /** Live figures, apart from the events. */
  readonly statuses: StoreStatus[];
  readonly toEngine: WriterToEngine[];
  readonly toSearch: WriterToSearch[];
  readonly logged: string[];
  send(message: EngineToWriter): void;
  /** The search could not read something. */
  damageMet(): void;
  eventsOf<Type extends WriterEvent['type']>(type: Type): Extract<WriterEvent, { type: Type }>[];
  repliesOf<Type extends WriterToEngine['type']>(type: Type): Extract<WriterToEngine, { type: Type }>[];
}

export function startWriter(
  databasePath: string,
  open: typeof openOrRecover = openOrRecover,
  readFreeBytes?: () => number | null,
): WriterUnderTest {
  const clock = new ManualClock();
  const events: WriterEvent[] = [];
  const statuses: StoreStatus[] = [];
  const toEngine: WriterToEngine[] = [];
  const toSearch: WriterToSearch[] = [];
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  let receive: (message: EngineToWriter) => void = () => undefined;
  const enginePort: Port<EngineToWriter, WriterToEngine> = {
    post: (message) => void toEngine.push(message),
    on: (receiver) => (receive = receiver),
    close: () => undefined,
  };
  let fromSearch: (message: SearchToWriter) => void = () => undefined;
  const searchPort: Port<SearchToWriter, WriterToSearch> = {
    post: (message) => void toSearch.push(message),
    on: (receiver) => (fromSearch = receiver),
    close: () => undefined,
  };
  const writer = new StoreWriter({
    options: { databasePath, nativeBinding: null },
    clock,
    log: { info: note, warn: note, error: note },
    post: (event) => {
      if (event.type === 'store-status') statuses.push(event.status);
      else events.push(event);
    },
    ...(readFreeBytes ? { readFreeBytes } : {}),
    open,
  });
  writer.start();
  writer.connectEngine(enginePort);
  writer.connectSearch(searchPort);
  onTestFinished(() => writer.stop());
  return {
    writer,
    clock,
    events,
    statuses,
    toEngine,
    toSearch,
    logged,
    send: (message) => receive(message),
    damageMet: () => fromSearch({ type: 'damage-met', code: 'SQLITE_CORRUPT' }),
    eventsOf: (type) => events.filter((event) => event.type === type) as never,
    repliesOf: (type) => toEngine.filter((reply) => reply.type === type) as never,
  };
}

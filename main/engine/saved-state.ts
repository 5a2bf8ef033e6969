// What the engine keeps between two runs, as one file: own id and routing table, needle tables and cooldown, port.
// Everything read back is checked by its owner; what is missing or odd is left out, and the crawl starts colder, never not
// at all.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SavedTable } from '../dht/dht-node.ts';
import { readState, writeState, type Bencodable } from '../dht/routing-table-file.ts';
import { packTable, unpackTable } from '../dht/saved-table.ts';

export interface EngineState {
  readonly table: SavedTable;
  /** Opaque here: what ScrapeLoop.save() gave. */
  readonly scrape: unknown;
  /** 0: unknown. */
  readonly port: number;
}

export class SavedState {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  /** One write at a time: a quit may come while the ten-minute save is under way. */
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, clock: Clock, log: Log) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
  }

  /** Null when there is none yet or it cannot be used; then the log says why. Never rejects. */
  async read(): Promise<EngineState | null> {
    const state = await readState(this.#path);
    if ('problem' in state) {
      if (state.message !== '') this.#log.warn(state.message);
      return null;
    }
    const agoSeconds = Math.max(0, this.#clock.nowUnixSeconds() - state.savedAtUnixSeconds);
    const table = unpackTable(state.sections['table'], agoSeconds);
    if (table === null) {
      this.#log.warn('The saved routing table could not be read; starting without it.');
      return null;
    }
    const { port, scrape } = state.sections;
    return { table, scrape, port: typeof port === 'number' && port > 0 && port <= 65535 ? port : 0 };
  }

  /** Writes the file anew. Never rejects: a disk that refuses is logged, and the earlier file stays as it was. */
  write(state: { table: SavedTable; scrape: Bencodable; port: number }): Promise<void> {
    const write = async (): Promise<void> => {
      try {
        const sections = { table: packTable(state.table), scrape: state.scrape, port: state.port };
        await writeState(this.#path, sections, this.#clock.nowUnixSeconds());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.warn(`The tables could not be saved: ${reason}. The last saved ones are kept.`);
      }
    };
    this.#writing = this.#writing.then(write);
    return this.#writing;
  }
}

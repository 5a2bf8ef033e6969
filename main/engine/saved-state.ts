// What the engine keeps between two runs, as one file: own id and routing table, needle tables and cooldown, port, for each
// family of addresses (BEP 32). A file from before there were two holds the table of the one there was.
// Everything read back is checked by its owner; what is missing or odd is left out, and the crawl starts colder, never not
// at all.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { readState, writeState, type Bencodable, type StateFile } from '../dht/routing-table-file.ts';
import { packTable, unpackTable } from '../dht/saved-table.ts';
import type { SavedFamilies } from './families.ts';
import type { SavedCrawl } from './family-crawl.ts';

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

  /** Nothing when there is none yet or it cannot be used; then the log says why. Never rejects. */
  async read(): Promise<SavedFamilies> {
    const state = await readState(this.#path);
    if ('problem' in state) {
      if (state.message !== '') this.#log.warn(state.message);
      return { v4: null, v6: null };
    }
    const agoSeconds = Math.max(0, this.#clock.nowUnixSeconds() - state.savedAtUnixSeconds);
    const v4 = readCrawl(state, '', agoSeconds);
    const v6 = readCrawl(state, '6', agoSeconds);
    if (v4 === null && v6 === null) this.#log.warn('The saved routing table could not be read; starting without it.');
    const hasNodes6 = v4?.table.nodes.some(({ contact }) => contact.host.includes(':')) === true;
    return { v4, v6: v6 ?? (hasNodes6 ? v4 : null) };
  }

  /** Writes the file anew. Never rejects: a disk that refuses is logged, and the earlier file stays as it was. */
  write({ v4, v6 }: SavedFamilies): Promise<void> {
    const write = async (): Promise<void> => {
      try {
        const sections = { ...sectionsOf(v4, ''), ...sectionsOf(v6, '6') };
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

/** `suffix` tells the families apart; IPv4's sections have the names that all had once. */
function readCrawl({ sections }: StateFile, suffix: '' | '6', agoSeconds: number): SavedCrawl | null {
  const table = unpackTable(sections[`table${suffix}`], agoSeconds);
  if (table === null) return null;
  const port = sections[`port${suffix}`];
  const isPort = typeof port === 'number' && port > 0 && port <= 65535;
  // Whatever it is, its owner checks it; and it came out of bencode, so it fits in again.
  const scrape = (sections[`scrape${suffix}`] ?? null) as Bencodable | null;
  return { table, scrape, port: isPort ? port : 0 };
}

function sectionsOf(crawl: SavedCrawl | null, suffix: '' | '6'): Record<string, Bencodable> {
  if (crawl === null) return {};
  const { table, scrape, port } = crawl;
  return {
    [`table${suffix}`]: packTable(table),
    ...(scrape === null ? {} : { [`scrape${suffix}`]: scrape }),
    [`port${suffix}`]: port,
  };
}

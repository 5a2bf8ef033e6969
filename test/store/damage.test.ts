// Damage of every kind, end to end: the real writer and search threads in a process of their own, on a real disk that fills up, a
// kernel that refuses writes, files that go away or are overwritten. Each time a sentence, a working app, nothing acknowledged lost.
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../main/catalogue/open-database.ts';
import { openAt } from '../catalogue/support.ts';
import type { Tells, Told } from './damage-child.ts';
import { childTorrent } from './damage-torrents.ts';
import { SmallDisk, smallDiskProblem } from './small-disk.ts';

vi.setConfig({ testTimeout: 120_000 }); // what failed is tried again every 15 s

const CHILD = path.join(import.meta.dirname, 'damage-child.ts');
const PAGE_BYTES = 4096;

class Store {
  readonly path: string;
  readonly heard: Tells[] = [];
  readonly child: ChildProcess;
  #from = 0;

  constructor(folder: string, child?: ChildProcess) {
    this.path = path.join(folder, 'catalogue.db');
    this.child = child ?? fork(CHILD, [this.path]);
    this.child.on('message', (message) => this.heard.push(message as Tells));
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  of<Type extends Tells['type']>(type: Type): Extract<Tells, { type: Type }>[] {
    return this.heard.filter((message) => message.type === type) as never;
  }

  get storedCount(): number {
    return this.of('stored').reduce((sum, { storedCount }) => sum + storedCount, 0);
  }

  get problems(): string[] {
    return this.of('failed').map(({ problem }) => problem);
  }

  get notices(): string[] {
    return this.of('ready').flatMap((event) => ('notice' in event && event.notice !== null ? [event.notice] : []));
  }

  send(told: Told): void {
    this.child.send(told);
  }

  /** Hands in `count` more. */
  store(count: number): void {
    this.send({ type: 'store', from: this.#from, count });
    this.#from += count;
  }

  async open(): Promise<this> {
    await until(() => this.of('ready').some((event) => 'torrentCount' in event));
    return this;
  }

  /** Stores `count` more and waits until they are. */
  async fill(count: number): Promise<void> {
    const before = this.storedCount;
    for (let left = count; left > 0; left -= 200) {
      this.store(Math.min(200, left));
      await until(() => this.storedCount >= before + count - Math.max(0, left - 200));
    }
  }

  /** How many torrents a search finds. */
  async count(text = 'lantern'): Promise<number> {
    for (;;) {
      const before = this.of('page').length + this.of('request-failed').length;
      this.send({ type: 'search', text });
      await until(() => this.of('page').length + this.of('request-failed').length > before);
      const last = this.heard.filter(({ type }) => type === 'page' || type === 'request-failed').at(-1)!;
      if (last.type === 'page') return last.page.totalCount;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async found(count: number): Promise<void> {
    await untilAsync(async () => (await this.count()) === count);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.send({ type: 'stop' });
    await ended;
  }
}

async function until(isDone: () => boolean, limitMs = 60_000): Promise<void> {
  await untilAsync(() => Promise.resolve(isDone()), limitMs);
}

async function untilAsync(isDone: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isDone())) {
    if (performance.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-damage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function overwrite(file: string, position: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}

const asideOf = (file: string): string[] =>
  readdirSync(path.dirname(file)).filter((name) => /\.damaged-\d+$/.test(name));

describe.skipIf(smallDiskProblem !== null)(`a full disk${smallDiskProblem ?? ''}`, () => {
  it('while torrents come: it is said, searching goes on, and so does storing when there is room', async () => {
    const disk = new SmallDisk();
    const child = disk.run('size=8m', [process.execPath, CHILD, path.join(disk.folder, 'catalogue.db')], true);
    const store = await new Store(disk.folder, child).open();
    for (let batch = 0; batch < 200 && store.problems.length === 0; batch++) {
      store.store(100);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await until(() => store.problems.length > 0);
    expect(store.problems).toEqual([expect.stringMatching(/is full.*is safe.*goes on by itself/)]);
    const storedBefore = store.storedCount;
    expect(storedBefore).toBeGreaterThan(500);
    await store.found(storedBefore);
    disk.remount('size=64m');
    await until(() => store.notices.length > 0);
    await until(() => store.storedCount > storedBefore);
    await store.found(store.storedCount);
    expect(store.problems).toHaveLength(1);
    await store.stop();
  });

  it('at the start: it is said, and it starts when there is room', async () => {
    const disk = new SmallDisk();
    const child = disk.run('size=60k', [process.execPath, CHILD, path.join(disk.folder, 'catalogue.db')], true);
    const store = new Store(disk.folder, child);
    await until(() => store.problems.length > 0);
    expect(store.of('failed')).toEqual([
      { type: 'failed', problem: expect.stringMatching(/is full/), isPassing: true },
    ]);
    disk.remount('size=64m');
    await store.open();
    await store.fill(10);
    await store.found(10);
    await store.stop();
  });

  it('that is read-only is said', async () => {
    const disk = new SmallDisk();
    const child = disk.run('size=8m,ro', [process.execPath, CHILD, path.join(disk.folder, 'catalogue.db')], true);
    const store = new Store(disk.folder, child);
    await until(() => store.problems.length > 0);
    expect(store.problems).toEqual([expect.stringMatching(/may not write.*read-only.*storing goes on by itself/)]);
    disk.remount('rw');
    await store.open();
    await store.fill(10);
    await store.stop();
  });
});

const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
describe.skipIf(!canLimit)('a disk that reports errors (the kernel refuses to write on)', () => {
  it('is said; nothing acknowledged is lost, and storing goes on when it works again', async () => {
    const store = await new Store(newFolder()).open();
    await store.fill(400);
    const limitTo = (bytes: string): void => {
      const { status, stderr } = spawnSync('prlimit', ['--pid', String(store.child.pid), `--fsize=${bytes}:unlimited`]);
      expect(status, String(stderr)).toBe(0);
    };
    limitTo('8192');
    store.store(50);
    await until(() => store.problems.length > 0);
    expect(store.problems).toEqual([expect.stringMatching(/reports errors.*is safe.*goes on by itself/)]);
    await store.found(400);
    limitTo('unlimited');
    await until(() => store.storedCount === 450);
    await store.found(450);
    await store.stop();
    expect(openAt(store.path).reader.database.pragma('quick_check', { simple: true })).toBe('ok');
  });
});

describe('files that change under a running app', () => {
  it.each(['catalogue.db', 'catalogue.db-wal'])(
    '%s is deleted: everything is written again, and found',
    async (name) => {
      const store = await new Store(newFolder()).open();
      await store.fill(300);
      rmSync(path.join(path.dirname(store.path), name));
      await until(() => store.notices.length > 0);
      expect(store.notices).toEqual([expect.stringMatching(/were deleted or moved.*Nothing is lost: all 300/)]);
      await store.fill(50);
      await store.found(350);
      await store.stop();
      expect(openAt(store.path).count).toBe(350);
    },
  );

  it('a page of the full text is overwritten: it is mended at once, and everything is found', async () => {
    const folder = newFolder();
    const first = await new Store(folder).open();
    await first.fill(600);
    await first.stop();
    const database = openDatabase({ path: first.path, role: 'reader', nativeBinding: null });
    const sql =
      "SELECT pageno FROM dbstat WHERE name IN ('name_fts_data', 'path_fts_data') AND pagetype IN ('leaf', 'overflow')";
    const pages = database.prepare(sql).pluck().all() as number[];
    database.close();
    for (const page of pages) overwrite(first.path, (page - 1) * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, 0xff));
    const store = new Store(folder);
    for (let times = 0; times < 30 && store.notices.length === 0; times++) {
      store.store(200);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(store.notices).toEqual([expect.stringMatching(/was damaged\. \d+ torrents could be read.*is kept as/)]);
    expect(asideOf(store.path)).toHaveLength(1);
    await untilAsync(async () => (await store.count('number599')) === 1);
    await store.stop();
    const mended = openAt(store.path);
    expect(mended.reader.details(childTorrent(599).infohashV1!)!.files).toHaveLength(3);
    mended.checkInvariants();
  });
});

describe('at the start', () => {
  it('a first page that is lost costs nothing', async () => {
    const folder = newFolder();
    const first = await new Store(folder).open();
    await first.fill(500);
    await first.stop();
    overwrite(first.path, 0, Buffer.alloc(PAGE_BYTES, 0xaa));
    const store = await new Store(folder).open();
    expect(store.notices).toEqual([expect.stringMatching(/was damaged\. 500 torrents could be read/)]);
    await store.found(500);
    await store.stop();
  });

  it('a snapshot of the names that is damaged, cut short or missing is made anew', async () => {
    const folder = newFolder();
    const first = await new Store(folder).open();
    await first.fill(5200); // fewer are not worth a snapshot
    await first.found(5200);
    await first.stop();
    const snapshot = `${first.path}.names`;
    const harms = [
      () => overwrite(snapshot, Math.floor(statSync(snapshot).size / 2), Buffer.alloc(500, 0xff)),
      () => writeFileSync(snapshot, Buffer.alloc(3000, 1)),
      () => rmSync(snapshot),
    ];
    for (const harm of harms) {
      expect(existsSync(snapshot)).toBe(true);
      harm();
      const store = await new Store(folder).open();
      await store.found(5200);
      expect(store.problems).toEqual([]);
      await store.stop();
    }
  });

  it('a second process is refused, and goes on when the first is killed; nothing acknowledged is lost', async () => {
    const folder = newFolder();
    const first = await new Store(folder).open();
    await first.fill(100);
    const second = new Store(folder);
    await until(() => second.problems.length > 0);
    expect(second.problems).toEqual([expect.stringMatching(/Another Lanternfish is using.*Close that one/)]);
    await second.found(100); // reading harms nobody
    await first.fill(20);
    first.child.kill('SIGKILL');
    await second.open();
    expect(second.of('ready').find((event) => 'torrentCount' in event)).toMatchObject({
      torrentCount: 120,
      notice: null,
    });
    await second.stop();
  });
});

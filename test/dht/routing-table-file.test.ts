import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseState, readState, writeState } from '../../main/dht/routing-table-file.ts';
import { packTable, unpackTable } from '../../main/dht/saved-table.ts';
import { useStateFolder } from './state-folder.ts';
import { createTable, nodeAt } from './table-fixtures.ts';

const SAVED_AT = 1_700_000_000;

const at = useStateFolder();

describe('state file', () => {
  test('gives back what was written, and only the owner may read it', async () => {
    await writeState(
      at.path,
      { table: { selfId: new Uint8Array(20) }, port: 6881, list: [1, new Uint8Array([255])] },
      SAVED_AT,
    );
    const state = await readState(at.path);
    expect(state).toMatchObject({ version: 1, savedAtUnixSeconds: SAVED_AT, sections: { port: 6881 } });
    expect((await stat(at.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(at.folder)).toEqual(['state']);
  });

  test('no file is no problem to speak of', async () => {
    expect(await readState(at.path)).toEqual({ problem: 'missing', message: '' });
  });

  test('what cannot be read is said, not thrown', async () => {
    expect(await readState(at.folder)).toMatchObject({ problem: 'unreadable' });
  });

  test('any flipped bit is noticed', async () => {
    await writeState(at.path, { port: 1 }, SAVED_AT);
    const whole = await readFile(at.path);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Uint8Array.from(whole);
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
      expect(parseState(flipped)).toBeNull();
    }
  });

  test('a second writing leaves the first one until it is complete, and a refusal leaves it for good', async () => {
    await writeState(at.path, { port: 1 }, SAVED_AT);
    await writeState(at.path, { port: 2 }, SAVED_AT + 1);
    expect(await readState(at.path)).toMatchObject({ sections: { port: 2 } });
    await expect(writeState(join(at.folder, 'missing', 'state'), { port: 3 }, SAVED_AT)).rejects.toThrow('ENOENT');
  });

  test('random bytes are no state', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parseState(bytes) === null));
  });
});

describe('a table in the state file', () => {
  test('comes back as it was, older by the time in between', async () => {
    const { table, clock } = createTable({ acceptsUnanswered: true });
    for (let index = 0; index < 30; index++) {
      table.insert(nodeAt(index % 6, index), {
        hasAnswered: index % 3 > 0,
        roundTripMs: index * 10,
        supportsSamples: index % 2 === 0,
      });
      clock.advance(7_000);
    }
    table.failed(nodeAt(1, 1).contact);
    const saved = table.save();
    await writeState(at.path, { table: packTable(saved) }, SAVED_AT);
    const state = await readState(at.path);
    const sections = 'sections' in state ? state.sections : {};
    const same = unpackTable(sections['table'], 0)!;
    expect(same.nodes).toEqual(saved.nodes.map((node) => ({ ...node, id: Uint8Array.from(node.id) })));
    const later = unpackTable(sections['table'], 3600)!;
    for (const [index, { lastHeardAgoSeconds }] of saved.nodes.entries())
      expect(later.nodes[index]!.lastHeardAgoSeconds).toBe(lastHeardAgoSeconds < 0 ? -1 : lastHeardAgoSeconds + 3600);
  });

  test('IPv6 nodes too', () => {
    const { table } = createTable({ family: 6 });
    table.insert({ id: nodeAt(4, 1).id, contact: { host: '2a00:1450:4001::7', port: 6881 } }, { hasAnswered: true });
    expect(unpackTable(packTable(table.save()), 0)!.nodes).toEqual(table.save().nodes);
  });

  test.each([
    ['nothing', undefined],
    ['a number', 7],
    ['no id', { nodes: new Uint8Array(0) }],
    ['a short id', { selfId: new Uint8Array(3), nodes: new Uint8Array(0) }],
  ])('%s is no table', (_name, section) => {
    expect(unpackTable(section, 0)).toBeNull();
  });

  test('whatever is in it, reading it does not throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const read = unpackTable({ selfId: new Uint8Array(20), nodes: bytes, nodes6: bytes }, -5)!;
        createTable({ selfId: read.selfId as never }).table.restore(read);
      }),
    );
  });
});

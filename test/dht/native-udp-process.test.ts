// Our own socket over the life of a process and of its threads, each in a process of its own (native-udp-child.ts): how they
// end, what is thrown out of them, what stays in memory, and what becomes of calls that make no sense.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { BINDING_PATH } from './udp-transports.ts';

const CHILD = path.join(import.meta.dirname, 'native-udp-child.ts');

async function tryOut(what: string): Promise<{ code: number | null; result: Record<string, unknown> | null }> {
  const child = spawn(process.execPath, ['--expose-gc', CHILD, what], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, trouble] = ['', ''];
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  child.stderr.on('data', (chunk) => (trouble += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect(trouble).toBe('');
  return { code, result: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) };
}

describe.skipIf(BINDING_PATH === null || process.platform !== 'linux')('our own UDP socket in a process', () => {
  test('what its callback throws is an uncaught exception once each, and the socket goes on', async () => {
    expect(await tryOut('throw')).toEqual({
      code: 0,
      result: {
        heard: ['first 0', 'first 1', 'first 2', 'second'],
        uncaught: [
          ...['about 1', 'about 2', 'about 3', 'about 4'],
          ...['out of the raw callback', 'out of the raw callback'],
        ],
      },
    });
  });

  test('open it keeps the process, closed it lets it end', async () => {
    expect(await tryOut('end')).toEqual({ code: 0, result: { isOpen: true } });
  });

  test('the process may exit from within its callback', async () => {
    expect((await tryOut('exit')).code).toBe(7);
  });

  test('threads that end in the middle of traffic, of themselves or by force, take their sockets with them', async () => {
    expect(await tryOut('workers')).toEqual({ code: 0, result: { endings: 12, left: 0 } });
  }, 60_000);

  test('200,000 datagrams, and 200 sockets that were closed, leave nothing in memory', async () => {
    const { code, result } = await tryOut('memory');
    expect(code).toBe(0);
    expect(result!['heard']).toBeGreaterThanOrEqual(200_000);
    expect(result!['forgottenCount']).toBe(0);
    expect(result!['grownBytes']).toBeLessThan(4 * 1024 * 1024); // the slabs of 200 sockets would be 70 MB
  }, 60_000);

  test('calls that make no sense get an error for an answer', async () => {
    const { code, result } = await tryOut('nonsense');
    expect(code).toBe(0);
    expect(result!['number']).toBeGreaterThan(10_000);
    expect(result!['handle']).toBeGreaterThan(100);
  });
});

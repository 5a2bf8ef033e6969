// The script that compiles the UDP socket, over a copy of its source: once for each version of it, and one sentence where it
// cannot. And the source itself: without a warning, and in the form that other systems than Linux get.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadNativeBinding } from '../../main/dht/udp/native-binding.ts';
import { nativeOpener } from '../../main/dht/udp/native-udp-socket.ts';
import { compileNativeUdp } from '../../scripts/native-udp.mjs';
import { BINDING_PATH } from '../dht/udp-transports.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const NO_COMPILER = '/nowhere/cc';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-udp-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function copySource(): void {
  mkdirSync(path.join(folder, 'scripts'));
  for (const name of ['native-udp.mjs', 'terminal.mjs'])
    cpSync(path.join(ROOT, 'scripts', name), path.join(folder, 'scripts', name));
  cpSync(path.join(ROOT, 'main', 'dht', 'udp'), path.join(folder, 'main', 'dht', 'udp'), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
}

function runScript(compiler: string | null): { file: string; said: string; code: number | null } {
  const { CC: _own, ...env } = process.env;
  const run = spawnSync(process.execPath, [path.join(folder, 'scripts', 'native-udp.mjs')], {
    env: compiler === null ? env : { ...env, CC: compiler },
    encoding: 'utf8',
  });
  return { file: run.stdout.trim(), said: run.stderr, code: run.status };
}

describe.skipIf(BINDING_PATH === null)('compiling the UDP socket', () => {
  test('takes place once for each version of the source', () => {
    copySource();
    const first = runScript(null);
    expect([first.code, first.said]).toEqual([0, '']);
    expect(Object.keys(loadNativeBinding(first.file))).toContain('open');
    expect(runScript(NO_COMPILER)).toEqual(first);
    appendFileSync(path.join(folder, 'main', 'dht', 'udp', 'socket.c'), '// another version\n');
    const second = runScript(null);
    expect([second.code, second.said]).toEqual([0, '']);
    expect(path.dirname(second.file)).toBe(path.dirname(first.file));
    expect(second.file).not.toBe(first.file);
    expect(readdirSync(path.dirname(first.file))).toHaveLength(2); // nothing else is left behind
  });

  test('without a compiler, or with one that refuses, it says what that means and what to do, and nothing fails', () => {
    copySource();
    const without = runScript(NO_COMPILER);
    expect([without.code, without.file]).toEqual([0, '']);
    expect(without.said).toMatch(/^The DHT's own UDP socket is not compiled \(there is no C compiler\), .*\n$/);
    expect(without.said).toMatch(/all works, .* install a C compiler \(.+\) and start again/);
    writeFileSync(path.join(folder, 'main', 'dht', 'udp', 'socket.c'), '#error broken\n');
    const broken = runScript(null);
    expect([broken.code, broken.file]).toEqual([0, '']);
    expect(broken.said).toMatch(/the C compiler refuses it: .*#error broken/);
  });

  test.each([
    ['as it is', []],
    ['datagram by datagram, as on systems without recvmmsg', ['-DLANTERNFISH_ONE_BY_ONE']],
  ])('the source has no warning and works %s', async (_name, flags) => {
    const made = path.join(folder, 'udp.node');
    expect(compileNativeUdp(made, ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror', ...flags])).toBeNull();
    const heard: string[] = [];
    const errors: Error[] = [];
    const openSocket = nativeOpener(loadNativeBinding(made));
    const hear = (bytes: Uint8Array): void => void heard.push(Buffer.from(bytes).toString());
    for (const bindHost of ['127.61.4.1', '::1']) {
      const onError = (error: Error): void => void errors.push(error);
      const socket = await openSocket({ bindHost, port: 0, onDatagram: hear, onError });
      heard.length = 0;
      const to = { host: bindHost, port: socket.localPort };
      const sent = Array.from({ length: 500 }, (_, index) => String(index).repeat(1 + (index % 300)));
      for (const text of sent) {
        socket.send(Buffer.from(text), to);
        if (bindHost === '127.61.4.1') socket.send(Buffer.from('x'), { host: '255.255.255.255', port: 9 }); // EACCES
      }
      for (let waited = 0; heard.length < sent.length && waited < 1_000; waited++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(heard).toEqual(sent);
      await socket.close();
    }
    expect(errors.length).toBeGreaterThan(0);
  });

  test.skipIf(process.platform !== 'linux')(
    'an ICMP error at the socket is said and does not stop reading',
    async () => {
      const made = path.join(folder, 'udp.node');
      expect(compileNativeUdp(made, ['-DLANTERNFISH_HEAR_ICMP'])).toBeNull();
      const openSocket = nativeOpener(loadNativeBinding(made));
      const codes: unknown[] = [];
      let heard = 0;
      const options = {
        port: 0,
        onDatagram: (): void => {
          heard++;
        },
        onError: (error: NodeJS.ErrnoException): void => void codes.push(error.code),
      };
      const [a, b] = [
        await openSocket({ bindHost: '127.61.4.1', ...options }),
        await openSocket({ bindHost: '127.61.4.2', ...options }),
      ];
      for (let round = 1; round <= 10; round++) {
        a.send(Buffer.from('x'), { host: '127.61.4.3', port: 9 }); // nobody listens there
        b.send(Buffer.from('y'), { host: '127.61.4.1', port: a.localPort });
        for (let waited = 0; (heard < round || codes.length === 0) && waited < 1_000; waited++)
          await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(heard).toBe(10);
      expect(new Set(codes)).toEqual(new Set(['ECONNREFUSED']));
      await Promise.all([a.close(), b.close()]);
    },
  );
});

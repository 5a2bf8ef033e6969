import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnosticsText, redact } from '../../main/app/diagnostics.ts';
import type { SessionStatus } from '../../main/session/session-contract.ts';

const status = {
  engine: { state: 'running', nodes: 12, nodeIdHex: 'ab'.repeat(20), port: 51413, packetsOut: 7 },
  counters: { dht: { queriesSentBy: { find_node: 3 } } },
  torrentCount: 5,
  databaseBytes: 4096,
  problem: 'The file /home/anna/data/catalogue.db could not be opened.',
  notice: null,
} as unknown as SessionStatus;

describe('redact', () => {
  it.each([
    ['12:34:56 warn no answer from 203.0.113.9:6881', '12:34:56 warn no answer from <address>'],
    ['12:34:56 warn no answer from [2001:db8::1]:6881', '12:34:56 warn no answer from <address>'],
    ['bound to fe80::1%eth0', 'bound to <address>'],
    [`torrent ${'0f'.repeat(20)} failed`, 'torrent <hash> failed'],
    ['search "the name of a film" took 30 ms', 'search "…" took 30 ms'],
    ['at /home/anna/lanternfish/out/main/main.js:12:3', 'at <folder>/main.js:12:3'],
    [String.raw`at C:\Users\Anna\AppData\x.db`, 'at <folder>/x.db'],
    ['see magnet:?xt=urn:btih:00', 'see <link>'],
    ['see http://tracker.example/announce now', 'see <link> now'],
    ['08:00:00 info started in 1500 ms', '08:00:00 info started in 1500 ms'],
  ])('%s', (line, expected) => {
    expect(redact(line)).toBe(expected);
  });

  it('leaves no address and no infohash in any line', () => {
    const around = fc.string({ maxLength: 20 }).filter((text) => !/[\w.:%/\\[\]"-]$|^[\w.:%/\\[\]"-]/.test(text));
    const hash = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    fc.assert(
      fc.property(around, fc.oneof(fc.ipV4(), fc.ipV6(), hash), around, (before, secret, after) => {
        expect(redact(`${before} ${secret} ${after}`)).not.toContain(` ${secret} `);
      }),
    );
  });
});

describe('diagnosticsText', () => {
  const text = diagnosticsText({
    facts: { Lanternfish: '0.1.0', System: 'linux x64' },
    status,
    settings: { pace: 'balanced', isPaused: false },
    logLines: ['10:00:00 warn 198.51.100.7 said "secret words"'],
  });

  it('says how things stand', () => {
    for (const line of ['Lanternfish: 0.1.0', 'pace: balanced', 'nodes: 12', 'dht.queriesSentBy.find_node: 3']) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('says nothing about who and where', () => {
    expect(text).not.toMatch(/198\.51|secret words|abab|51413|anna/);
    expect(text).toContain('<folder>/catalogue.db could not be opened');
  });
});

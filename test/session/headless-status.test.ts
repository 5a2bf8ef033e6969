import { expect, test } from 'vitest';
import type { EngineOptions } from '../../main/engine/engine-contract.ts';
import { headlessLine, headlessStatus } from '../../main/session/headless-status.ts';
import type { SessionStatus } from '../../main/session/session-contract.ts';

const silent: SessionStatus = {
  engine: null,
  counters: null,
  torrentCount: 12,
  databaseBytes: 0,
  store: null,
  problem: null,
  isProblemPassing: false,
  notice: null,
};
const options: EngineOptions = {
  dataDir: '/d',
  bootstrap: [],
  bindHost: '127.0.0.1',
  port: 0,
  pace: 'gentle',
  isServing: true,
  localAddressesAllowed: true,
  startPaused: false,
};

test('before the engine has spoken the rules asked for are told, in both forms', () => {
  const status = headlessStatus(silent, options);
  expect(status).toMatchObject({
    state: 'starting',
    pace: 'gentle',
    isServing: true,
    localAddressesAllowed: true,
    torrents: 12,
    counters: null,
  });
  expect(headlessLine(status)).toMatch(/^starting · .* · 12 torrents · local addresses allowed$/);
  expect(headlessLine(headlessStatus(silent, { ...options, localAddressesAllowed: false }))).not.toContain('local');
});

test('a line ends with what is malformed and with what is wrong', () => {
  const status = headlessStatus(
    { ...silent, problem: 'Storing failed.' },
    { ...options, localAddressesAllowed: false },
  );
  expect(headlessLine({ ...status, malformed: { truncated: 2, 'bad-id': 1 } })).toMatch(
    / · 3 malformed · Storing failed\.$/,
  );
});

test('both families of addresses are told, or why there is one', () => {
  const status = { ...headlessStatus(silent, options), nodes4: 7, nodes6: 5 };
  expect(headlessLine(status)).toContain(' · 7 nodes v4 · IPv6: not available · ');
  expect(headlessLine({ ...status, ipv6: 'running' })).toContain(' · 7 nodes v4 · 5 nodes v6 · ');
  expect(headlessLine({ ...status, ipv6: 'off' })).toContain(' · 7 nodes v4 · IPv6: off · ');
});

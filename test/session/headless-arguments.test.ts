import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_BOOTSTRAP, PUBLIC_TRACKERS } from '../../main/engine/engine-contract.ts';
import { headlessUsage, parseHeadlessArguments } from '../../main/session/headless-arguments.ts';

describe('parseHeadlessArguments', () => {
  it('has sensible defaults', () => {
    expect(parseHeadlessArguments(['--data-dir', 'here'])).toEqual({
      dataDir: path.resolve('here'),
      forSeconds: null,
      isJson: false,
      policy: { quotaBytes: null, forgetFirst: 'dead', blockedWords: [], safetyListPath: null },
      engine: {
        dataDir: path.resolve('here'),
        bootstrap: DEFAULT_BOOTSTRAP,
        bindHost: '0.0.0.0',
        port: 0,
        pace: 'balanced',
        isServing: false,
        localAddressesAllowed: false,
        startPaused: false,
      },
    });
  });

  it('reads everything that can be said', () => {
    const argv =
      '--data-dir /d --bootstrap 127.0.0.1:1 --bootstrap [::1]:2 --bind 127.0.0.1 --port 6881 --pace fast --serve --allow-local-addresses --for 10 --json';
    const parsed = parseHeadlessArguments(argv.split(' '));
    expect(parsed).toMatchObject({ forSeconds: 10, isJson: true });
    expect('engine' in parsed && parsed.engine).toMatchObject({
      bootstrap: [
        { host: '127.0.0.1', port: 1 },
        { host: '::1', port: 2 },
      ],
      bindHost: '127.0.0.1',
      port: 6881,
      pace: 'fast',
      isServing: true,
      localAddressesAllowed: true,
    });
  });

  it('reads what the catalogue may take, what goes first, and the safety list', () => {
    const policyOf = (...argv: string[]): unknown => {
      const parsed = parseHeadlessArguments(['--data-dir', '/d', ...argv]);
      return 'policy' in parsed ? parsed.policy : parsed;
    };
    expect(policyOf('--quota', '1.5 gb', '--forget-first', 'old', '--safety-list', 'list.txt')).toMatchObject({
      quotaBytes: 1_500_000_000,
      forgetFirst: 'old',
      safetyListPath: path.resolve('list.txt'),
    });
    expect(policyOf('--quota', '100MB')).toMatchObject({ quotaBytes: 100_000_000 });
    for (const size of ['', '0', '99MB', '10', '10GiB', '1e3GB', '1GB2', '1234567GB', 'NaN GB'])
      expect(policyOf('--quota', size), size).toEqual({ problem: expect.stringMatching(/^--quota is a size/) });
    expect(policyOf('--forget-first', 'new')).toEqual({ problem: expect.stringMatching(/^--forget-first is one of/) });
    expect(policyOf('--safety-list', '')).toEqual({ problem: expect.stringMatching(/^--safety-list wants/) });
  });

  it('asks no tracker unless told to: the public ones, or those that are named', () => {
    const trackersOf = (line: string): unknown => {
      const parsed = parseHeadlessArguments(line.split(' '));
      return 'engine' in parsed ? parsed.engine.trackers : parsed;
    };
    expect(trackersOf('--data-dir /d')).toBeUndefined();
    expect(trackersOf('--data-dir /d --trackers')).toEqual(PUBLIC_TRACKERS);
    const named = [
      { host: 'tracker.example', port: 6969 },
      { host: '127.0.0.1', port: 1 },
    ];
    expect(trackersOf('--data-dir /d --tracker tracker.example:6969 --tracker 127.0.0.1:1')).toEqual(named);
    expect(trackersOf('--data-dir /d --trackers --tracker tracker.example:6969')).toEqual(named.slice(0, 1));
  });

  it('takes an address of each family, in any order', () => {
    const parsed = parseHeadlessArguments('--data-dir /d --bind ::1 --bind 127.0.0.1'.split(' '));
    expect('engine' in parsed && parsed.engine).toMatchObject({ bindHost: '127.0.0.1', bindHost6: '::1' });
    const alone = parseHeadlessArguments('--data-dir /d --bind ::1'.split(' '));
    expect('engine' in alone && alone.engine).toMatchObject({ bindHost: '::1' });
    expect('engine' in alone && alone.engine).not.toHaveProperty('bindHost6');
  });

  it.each([
    ['', /--data-dir DIR is missing/],
    ['--data-dir d --bootstrap nowhere', /HOST:PORT.*"nowhere"/],
    ['--data-dir d --tracker udp://tracker.example:1', /--tracker wants HOST:PORT/],
    ['--data-dir d --bind localhost', /--bind wants an IP address/],
    ['--data-dir d --bind 127.0.0.1 --bind 127.0.0.2', /--bind may be given once, or once for IPv4/],
    ['--data-dir d --bind ::1 --bind ::2', /--bind may be given once, or once for IPv4/],
    ['--data-dir d --port 70000', /--port is a whole number from 0 to 65535, not "70000"/],
    ['--data-dir d --port x', /--port/],
    ['--data-dir d --pace warp', /--pace is one of gentle, balanced, fast, not "warp"/],
    ['--data-dir d --for 0', /--for is a whole number/],
    ['--data-dir d --for 1.5', /--for is a whole number/],
    ['--data-dir d --surprise', /--surprise/],
    ['--data-dir d stray', /stray/],
  ])('says what is wrong with "%s"', (line, problem) => {
    const parsed = parseHeadlessArguments(line.split(' ').filter(Boolean));
    expect('problem' in parsed && parsed.problem).toMatch(problem);
  });

  it('explains every option in its help', () => {
    expect(parseHeadlessArguments(['--help'])).toEqual({ help: true });
    for (const option of 'data-dir bootstrap bind port pace serve trackers tracker allow-local-addresses for json'.split(
      ' ',
    )) {
      expect(headlessUsage()).toContain(`--${option}`);
    }
  });
});

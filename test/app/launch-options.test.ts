import { expect, it } from 'vitest';
import { parseLaunchOptions } from '../../main/app/launch-options.ts';

it('reads our switches and leaves those of Chromium alone', () => {
  const argv =
    '/bin/electron . --no-sandbox --data-dir=/d --bootstrap=127.0.0.1:5 --pace=fast --bind=127.0.0.1 --port=0 --hidden --action=pause';
  expect(parseLaunchOptions(argv.split(' '))).toEqual({
    dataDir: '/d',
    bootstrap: [{ host: '127.0.0.1', port: 5 }],
    bindHost: '127.0.0.1',
    port: 0,
    pace: 'fast',
    localAddressesAllowed: false,
    isHidden: true,
    action: 'pause',
  });
});

it.each([
  ['--bootstrap=nowhere', /HOST:PORT/],
  ['--pace=warp', /gentle, balanced, fast/],
  ['--port=-1', /0 to 65535/],
  ['--action=explode', /pause, resume, quit/],
])('refuses %s in a sentence', (argument, problem) => {
  const parsed = parseLaunchOptions(['electron', argument]);
  expect('problem' in parsed && parsed.problem).toMatch(problem);
});

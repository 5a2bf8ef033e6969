// What the system gives the socket to receive into: read back, and said once if it is much less than was asked for.
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../main/base/clock.ts';
import { createSystemRandom } from '../../main/base/random.ts';
import { DhtNode } from '../../main/dht/dht-node.ts';
import { openUdpSocket, type OpenDatagramSocket, type ReceiveBuffer } from '../../main/dht/udp-socket.ts';
import { Counters } from '../../main/stats/counters.ts';
import { TRANSPORTS } from './udp-transports.ts';

const WANTED = 4 * 1024 * 1024;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Real sockets, of which the test says what the system gave them. */
function openGiven(receiveBuffer: ReceiveBuffer | null): OpenDatagramSocket {
  return async (options) => {
    const socket = await openUdpSocket(options);
    return {
      localPort: socket.localPort,
      receiveBuffer,
      send: (bytes, contact, byteCount) => socket.send(bytes, contact, byteCount),
      close: () => socket.close(),
    };
  };
}

async function start(openSocket: OpenDatagramSocket, counters = new Counters()): Promise<string[]> {
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const node = new DhtNode(
    {
      clock: systemClock,
      random: createSystemRandom(),
      log: { info: say, warn: say, error: say },
      counters,
      openSocket,
      resolveHost: () => Promise.resolve([]),
    },
    { bindHost: '127.61.9.1', port: 0, bootstrap: [], isServing: true, localAddressesAllowed: true, nodeId: null },
  );
  stops.push(() => node.stop());
  await node.start();
  return said;
}

describe('receive buffer', () => {
  test.each(TRANSPORTS)(
    'of a real socket is read back, and is no more than was asked for: $name',
    async ({ openSocket }) => {
      const ignore = (): void => undefined;
      const socket = await openSocket({ bindHost: '127.61.9.1', port: 0, onDatagram: ignore, onError: ignore });
      stops.push(() => socket.close());
      expect(socket.receiveBuffer?.wantedBytes).toBe(WANTED);
      expect(socket.receiveBuffer!.givenBytes).toBeGreaterThan(1_000);
      expect(socket.receiveBuffer!.givenBytes).toBeLessThanOrEqual(WANTED);
    },
  );

  test('cut down, it is said with a way out, once for all sockets, and counted for each', async () => {
    const counters = new Counters();
    const small = openGiven({ wantedBytes: WANTED, givenBytes: 212_992 });
    const [first, second] = [await start(small, counters), await start(small, counters)];
    expect(first).toEqual([expect.stringMatching(/208 KiB .* 4096 KiB .* net\.core\.rmem_max=4194304/)]);
    expect(second).toEqual([]);
    expect(counters.overflows.get('small-receive-buffer')).toBe(2);
  });

  test('large enough, or unknown, it is not worth a word', async () => {
    for (const given of [{ wantedBytes: WANTED, givenBytes: WANTED / 2 }, null]) {
      const counters = new Counters();
      expect(await start(openGiven(given), counters)).toEqual([]);
      expect(counters.overflows.get('small-receive-buffer')).toBe(0);
    }
  });
});

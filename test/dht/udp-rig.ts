// A node on real sockets of 127.0.0.0/8 or ::1, stopped after the test it was started in.
import { afterEach } from 'vitest';
import { systemClock } from '../../main/base/clock.ts';
import type { Contact } from '../../main/base/contact.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSystemRandom } from '../../main/base/random.ts';
import { DhtNode, type DhtOptions } from '../../main/dht/dht-node.ts';
import { chooseOpener } from '../../main/dht/udp/transport.ts';
import { Counters } from '../../main/stats/counters.ts';
import { BINDING_PATH } from './udp-transports.ts';

/** What a test must not leave behind; done in this order when it is over. */
export const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

export interface Started {
  readonly node: DhtNode;
  readonly contact: Contact;
  readonly counters: Counters;
}

/** On the socket that the product would have here, unless another is handed in. */
export async function startNode(
  bindHost: string,
  options: Partial<DhtOptions> = {},
  openSocket = chooseOpener(BINDING_PATH, silentLog),
): Promise<Started> {
  const counters = new Counters();
  const node = new DhtNode(
    {
      clock: systemClock,
      random: createSystemRandom(),
      log: silentLog,
      counters,
      openSocket,
      resolveHost: () => Promise.reject(new Error('nothing is looked up here')),
    },
    { bindHost, port: 0, bootstrap: [], isServing: true, localAddressesAllowed: true, nodeId: null, ...options },
  );
  await node.start();
  stops.push(() => node.stop());
  return { node, contact: { host: bindHost, port: node.localPort }, counters };
}

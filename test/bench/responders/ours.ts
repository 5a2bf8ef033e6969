// Our node as a process of its own, to be loaded by dht-responder.bench.ts: `listen` says where, `cpu` asks what it cost.
import { systemClock } from '../../../main/base/clock.ts';
import { asNodeId } from '../../../main/base/identifier.ts';
import { silentLog } from '../../../main/base/log.ts';
import { createSeededRandom, createSystemRandom } from '../../../main/base/random.ts';
import { DhtNode } from '../../../main/dht/dht-node.ts';
import { openUdpSocket } from '../../../main/dht/udp-socket.ts';
import { Counters } from '../../../main/stats/counters.ts';
import { contactsOf, reportTo, type Listen } from './protocol.ts';

reportTo(process, async ({ host, port }: Listen) => {
  const node = new DhtNode(
    {
      clock: systemClock,
      random: createSystemRandom(),
      log: silentLog,
      counters: new Counters(),
      openSocket: openUdpSocket,
      resolveHost: () => Promise.resolve([]),
    },
    {
      bindHost: host,
      port,
      bootstrap: [],
      isServing: true,
      localAddressesAllowed: true,
      nodeId: asNodeId(createSeededRandom(1).bytes(20)),
      hasNoInboundLimits: true,
    },
  );
  await node.start();
  for (const { id, contact } of contactsOf()) node.table.insert({ id: asNodeId(id), contact }, { hasAnswered: true });
  for (let index = 0; index < 100; index++)
    node.peerStore.add(createSystemRandom().bytes(20), { host: '127.74.9.9', port: 9 });
});

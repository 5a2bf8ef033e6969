// @ts-nocheck: bittorrent-dht has no types.
// npm bittorrent-dht as a process of its own, to be loaded by dht-responder.bench.ts, with the same contacts as ours.
import DHT from 'bittorrent-dht';
import { contactsOf, reportTo } from './protocol.ts';

reportTo(process, ({ host, port }) => {
  const dht = new DHT({ bootstrap: false, nodeId: Buffer.alloc(20, 7) });
  dht.on('error', (error) => {
    throw error;
  });
  return new Promise((resolve) =>
    dht.listen(port, host, () => {
      for (const { id, contact } of contactsOf()) dht.addNode({ id: Buffer.from(id), ...contact });
      resolve();
    }),
  );
});

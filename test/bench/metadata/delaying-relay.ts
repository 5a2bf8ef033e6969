// A peer that is far away, on a machine whose kernel cannot delay packets: stands before a seed, and passes on what it
// hears after half a round trip, both ways, over TCP and UDP. Only a TCP connection itself is made at once.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import type { Contact } from '../../../main/base/contact.ts';

export async function startRelay(here: Contact, seed: Contact, delayMs: number): Promise<() => void> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...seed, noDelay: true });
    passOn(near, far, delayMs);
    passOn(far, near, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(here.port, here.host, resolve));
  const near = createSocket('udp4');
  await new Promise<void>((resolve) => near.bind(here.port, here.host, resolve));
  const fars = new Map<number, UdpSocket>();
  near.on('message', (bytes, { port, address }) => {
    let far = fars.get(port);
    if (!far) {
      far = createSocket('udp4');
      far.on('message', (answer) => setTimeout(() => near.send(answer, port, address), delayMs));
      fars.set(port, far);
    }
    const to = far;
    setTimeout(() => to.send(bytes, seed.port, seed.host), delayMs);
  });
  return () => {
    server.close();
    near.close();
    for (const far of fars.values()) far.close();
  };
}

function passOn(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (bytes: Buffer) => setTimeout(() => !to.destroyed && to.write(bytes), delayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
}

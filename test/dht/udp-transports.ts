// The kinds of socket that the tests of sockets run over. The compiled one is there unless this machine has no compiler
// (vitest.config.ts says so); its tests are then skipped, which the run counts.
import { loadNativeBinding, type NativeBinding } from '../../main/dht/udp/native-binding.ts';
import { nativeOpener } from '../../main/dht/udp/native-udp-socket.ts';
import { NO_BINDING, UDP_BINDING_VARIABLE } from '../../main/dht/udp/transport.ts';
import { openUdpSocket, type OpenDatagramSocket, type UdpTransport } from '../../main/dht/udp-socket.ts';

const path = process.env[UDP_BINDING_VARIABLE] ?? NO_BINDING;

/** Null where it is not compiled, or where node:dgram is asked for. */
export const BINDING_PATH: string | null = path === NO_BINDING ? null : path;
export const BINDING: NativeBinding | null = BINDING_PATH === null ? null : loadNativeBinding(BINDING_PATH);

export interface TransportUnderTest {
  readonly name: UdpTransport;
  readonly openSocket: OpenDatagramSocket;
}

export const TRANSPORTS: readonly TransportUnderTest[] = [
  { name: 'dgram', openSocket: openUdpSocket },
  ...(BINDING === null ? [] : [{ name: 'native', openSocket: nativeOpener(BINDING) } as const]),
];

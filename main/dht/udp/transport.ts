// Which kind of socket datagrams go through: ours (native-udp-socket.ts) where it was compiled for this machine, else
// node:dgram, which does the same for several times the CPU time.
import type { Log } from '../../base/log.ts';
import { openUdpSocket, type OpenDatagramSocket } from '../udp-socket.ts';
import { loadNativeBinding, type NativeBinding } from './native-binding.ts';
import { nativeOpener } from './native-udp-socket.ts';

/** Where the compiled socket lies, for what is started from source (scripts/native-udp.mjs); `dgram`: it is not wanted. */
export const UDP_BINDING_VARIABLE = 'LANTERNFISH_UDP_BINDING';
export const NO_BINDING = 'dgram';
/** Another kind of socket would fail the same way. */
const ADDRESS_ERRORS = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EAFNOSUPPORT', 'EINVAL'];

/** `bindingPath`: the compiled socket, or null or NO_BINDING for node:dgram. Never fails: what does not load is said. */
export function chooseOpener(bindingPath: string | null, log: Pick<Log, 'info'>): OpenDatagramSocket {
  if (bindingPath === null || bindingPath === NO_BINDING) return openUdpSocket;
  let binding: NativeBinding;
  try {
    binding = loadNativeBinding(bindingPath);
  } catch (error) {
    log.info(`The compiled UDP socket does not load, so node:dgram is used: ${reasonOf(error)}`);
    return openUdpSocket;
  }
  const openNative = nativeOpener(binding);
  return async (options) => {
    // Zones (fe80::1%eth0) are known to node:dgram only.
    if (options.bindHost.includes('%')) return openUdpSocket(options);
    try {
      return await openNative(options);
    } catch (error) {
      if (ADDRESS_ERRORS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      log.info(`The compiled UDP socket does not open, so node:dgram is used: ${reasonOf(error)}`);
      return openUdpSocket(options);
    }
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

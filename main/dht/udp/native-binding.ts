// The compiled socket (udp/*.c) as JavaScript sees it. What loads is decided by a path that is handed in; without one, or
// where it does not load, there is node:dgram. Linux and macOS can have it; Windows has no recvmsg(2).

/** The numbers and the layout of a letter are an agreement with datagrams.h. */
export const SLOTS = 64;
export const IN_SLOT_BYTES = 4_224;
export const OUT_SLOT_BYTES = 1_472;
export const LETTER_BYTES = 24;
/** Where the compact contact lies in a letter, behind the length of the datagram. */
export const CONTACT_AT = 4;

declare const brand: unique symbol;
export interface NativeHandle {
  readonly [brand]: true;
}

/** Negative numbers are errors, as libuv's. */
export interface NativeBinding {
  /** `onEvent`: with how many datagrams lie in the slab; 0: there is room to send again; below: an error of receiving. */
  open(
    isV6: boolean,
    contact: Uint8Array,
    inSlab: Uint8Array,
    inLetters: Uint8Array,
    outSlab: Uint8Array,
    outLetters: Uint8Array,
    beatMs: number,
    onEvent: (event: number) => void,
  ): NativeHandle | number;
  port(handle: NativeHandle): number;
  receiveBuffer(handle: NativeHandle, wantedBytes: number): number;
  /** How many of these slots left; 0: no room now, and `onEvent` says when there is; below: the error of the first. */
  send(handle: NativeHandle, first: number, count: number): number;
  close(handle: NativeHandle): void;
}

/** Throws where it does not load: it is not there, or made for another system. */
export function loadNativeBinding(path: string): NativeBinding {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports as NativeBinding;
}

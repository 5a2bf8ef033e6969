// What the bench uses of the two npm packages that it measures against.
declare module 'bittorrent-protocol' {
  import type { Duplex } from 'node:stream';
  export default class Wire extends Duplex {
    use(extension: unknown): void;
    handshake(infohash: Uint8Array, peerId: Uint8Array, extensions: Record<string, boolean>): void;
    ut_metadata: {
      fetch(): void;
      on(event: 'metadata', listener: (torrentFile: Uint8Array) => void): void;
      on(event: 'warning', listener: (error: Error) => void): void;
    };
  }
}
declare module 'ut_metadata' {
  const extension: () => unknown;
  export default extension;
}

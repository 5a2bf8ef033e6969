// Info dictionaries asked of the engine as promises: numbered, cancelled by a signal, answered or refused, never left hanging.
import { fromHex } from '../base/bytes.ts';
import type { EngineCommand, EngineEvent, TorrentFailure } from '../engine/engine-contract.ts';

interface Open {
  readonly resolve: (info: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly onPeers: (peerCount: number) => void;
}

/** A failure with a sentence that may be shown as it is. */
export class TorrentProblem extends Error {
  override readonly name = 'TorrentProblem';
}

const SENTENCES = {
  'no-peers': 'Nobody who has this torrent was found right now. Nothing was written. Try again later.',
  'no-answer': 'Nobody who has this torrent answers right now. Nothing was written. Try again later.',
  paused: 'Discovery is paused, so nobody can be asked. Nothing was written.',
  busy: 'Several torrents are being asked for already. Wait until one of them is there.',
} as const satisfies Record<TorrentFailure, string>;

export class TorrentFetches {
  readonly #post: (command: EngineCommand) => boolean;
  readonly #open = new Map<number, Open>();
  #nextRequestId = 1;

  /** `post` answers false when there is no engine to hand the command to. */
  constructor(post: (command: EngineCommand) => boolean) {
    this.#post = post;
  }

  /**
   * The info dictionary of the torrent with these infohashes (40 or 64 hexadecimal digits), byte for byte, proved by its
   * hash. `onPeers` hears how many may have it. Rejects with TorrentProblem; also when `signal` aborts it.
   */
  fetch(
    infohashesHex: readonly string[],
    { signal, onPeers }: { readonly signal: AbortSignal; readonly onPeers: (peerCount: number) => void },
  ): Promise<Uint8Array> {
    const requestId = this.#nextRequestId++;
    // A v2 infohash is cut to 20 bytes wherever it is asked for (BEP 52).
    const infohashes = new Uint8Array(Buffer.concat(infohashesHex.flatMap((hex) => fromHex(hex.slice(0, 40)) ?? [])));
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#post({ type: 'cancel-torrent', requestId });
        this.#take(requestId)?.reject(new TorrentProblem('Cancelled.'));
      };
      if (signal.aborted) return reject(new TorrentProblem('Cancelled.'));
      this.#open.set(requestId, { resolve, reject, onPeers });
      signal.addEventListener('abort', cancel, { once: true });
      if (this.#post({ type: 'fetch-torrent', requestId, infohashes })) return;
      this.#take(requestId)?.reject(new TorrentProblem('Discovery is not running, so nobody can be asked.'));
    });
  }

  /** Hands in an event of the engine; true when it was an answer. */
  receive(event: EngineEvent): boolean {
    switch (event.type) {
      case 'torrent-peers':
        this.#open.get(event.requestId)?.onPeers(event.peerCount);
        return true;
      case 'torrent-fetched':
        this.#take(event.requestId)?.resolve(event.info);
        return true;
      case 'torrent-failed':
        this.#take(event.requestId)?.reject(new TorrentProblem(SENTENCES[event.reason]));
        return true;
      default:
        return false;
    }
  }

  /** The engine's thread is gone: everybody who waits hears it. */
  failAll(): void {
    for (const requestId of [...this.#open.keys()]) {
      this.#take(requestId)?.reject(new TorrentProblem('Asking for the torrent was interrupted. Try again.'));
    }
  }

  #take(requestId: number): Open | undefined {
    const open = this.#open.get(requestId);
    this.#open.delete(requestId);
    return open;
  }
}

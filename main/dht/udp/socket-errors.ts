// What errors of a socket mean, the same for every kind of socket: some pass, some say that it is of no use any more.

/** Errors of the socket itself or of the address it is bound to; those of the way out (ENETUNREACH, EPERM, ENOBUFS) pass. */
const DEADLY_ERRORS = ['EBADF', 'ENOTSOCK', 'EINVAL', 'EADDRNOTAVAIL', 'ENOTCONN', 'EPIPE', 'ENODEV'];
/** In a row and without a success between them: one may be a destination's fault. */
const DEADLY_ERRORS_MAX = 8;

export class SocketErrors {
  readonly #onError: (error: Error) => void;
  #onDead: ((error: Error) => void) | undefined;
  #deadlyCount = 0;

  /** `onDead` is called once at most, and not after `close`. */
  constructor(onError: (error: Error) => void, onDead?: (error: Error) => void) {
    this.#onError = onError;
    this.#onDead = onDead;
  }

  /** The last error may be the first of several that end in `onDead`: every outcome should be heard now. */
  get isSuspicious(): boolean {
    return this.#deadlyCount > 0;
  }

  succeeded(): void {
    this.#deadlyCount = 0;
  }

  /** `isSaid`: whether `onError` hears of it. It counts in any case. */
  failed(error: Error, isSaid = true): void {
    if (isSaid) this.#onError(error);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (DEADLY_ERRORS.includes(code) && ++this.#deadlyCount >= DEADLY_ERRORS_MAX) this.die(error);
  }

  die(error: Error): void {
    const onDead = this.#onDead;
    this.#onDead = undefined;
    onDead?.(error);
  }

  close(): void {
    this.#onDead = undefined;
  }
}

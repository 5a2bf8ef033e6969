// Why a socket could not be bound, in words.

/** In our words, or the system's own where we have none; its code always. */
export function bindProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program uses it',
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'the system does not allow it',
  };
  return code !== undefined && code in words ? `${words[code]} (${code})` : error.message;
}

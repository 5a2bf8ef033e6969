// Programmer errors crash loudly. Never call this on anything that a remote byte can decide:
// those are values (Malformed reasons), counted and dropped in wire/.

/** Throws `AssertionError` with `message` unless `condition` holds; narrows the type for the compiler. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

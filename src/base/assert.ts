/** Our own mistakes: thrown only when the code is wrong, never because of input. */

/** A mistake of Boathouse itself. Reported as a bug, with a stack trace. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Stops with a `BugError` unless `condition` holds. */
export function assert(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new BugError(`broken promise: ${promise}`);
}

/** Marks the end of a `switch` over a tagged union: doesn't compile while a kind is missing. */
export function unreachable(value: never): never {
  throw new BugError(`unexpected ${JSON.stringify(value)}`);
}

/** What a user has to know about a store though everything went well. Each is told once in a process. */

/** Told of a warning: its code and what it says. */
export type WarningListener = (code: string, message: string) => void;

/** Tells `code` and `message` to whoever listens, else on standard error; the same words only once. */
export function warnOfStorage(code: string, message: string): void {
  const key = `${code}\n${message}`;
  if (told.has(key)) return;
  told.add(key);
  if (listeners.size === 0) {
    process.emitWarning(message, { code, type: 'BoathouseWarning' });
    return;
  }
  for (const listener of listeners) listener(code, message);
}

/** Listens to warnings until the function that it gives is called. */
export function onStorageWarning(listener: WarningListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const told = new Set<string>();
const listeners = new Set<WarningListener>();

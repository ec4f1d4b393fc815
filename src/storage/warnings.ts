/** What a user has to know about a store though everything went well. Each listener is told once. */

/** Told of a warning: its code and what it says. */
export type WarningListener = (code: string, message: string) => void;

/** Tells `code` and `message` to whoever listens, else on standard error; the same words to each only once. */
export function warnOfStorage(code: string, message: string): void {
  const key = `${code}\n${message}`;
  if (listeners.size > 0) {
    for (const [listener, told] of listeners) {
      if (told.has(key)) continue;
      told.add(key);
      listener(code, message);
    }
    return;
  }
  if (toldToAll.has(key)) return;
  toldToAll.add(key);
  process.emitWarning(message, { code, type: 'BoathouseWarning' });
}

/** Listens to warnings until the function that it gives is called. */
export function onStorageWarning(listener: WarningListener): () => void {
  // The same function may listen twice.
  const own: WarningListener = (code, message) => listener(code, message);
  listeners.set(own, new Set());
  return () => listeners.delete(own);
}

const toldToAll = new Set<string>();
/** With what each was told. */
const listeners = new Map<WarningListener, Set<string>>();

/** Interrupting a statement so that it can't be missed. */

/**
 * Interrupts now, and again until the function that is returned is called: the engine forgets an
 * interruption that reaches a statement before it has begun to execute.
 */
export function interruptUntilStopped(interrupt: () => void): () => void {
  interrupt();
  const timer = setInterval(interrupt, againMs);
  // What runs keeps the process alive by itself.
  timer.unref();
  return () => clearInterval(timer);
}

const againMs = 20;

/** Work that nobody waits for, and that a process lets end before it does. */

/** Lets `work` go on by itself. Its failure is nobody's. */
export function inBackground(work: Promise<unknown>): void {
  const quiet = work.then(ignore, ignore).finally(() => going.delete(quiet));
  going.add(quiet);
}

/** Returns once everything has ended that goes on in the background, or after `limitMs`. */
export async function backgroundDone(limitMs = 2000): Promise<void> {
  if (going.size === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((done) => {
    timer = setTimeout(done, limitMs);
  });
  await Promise.race([Promise.all(going), limit]);
  clearTimeout(timer);
}

const going = new Set<Promise<unknown>>();

function ignore(): void {
  // What goes on in the background is never needed.
}

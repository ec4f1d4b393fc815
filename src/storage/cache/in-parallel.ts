/** Doing several things at once, but not too many. */

/** Runs `work` for each of `items`, several at once. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(fetchesAtOnce, items.length) }, worker));
}

const fetchesAtOnce = 16;

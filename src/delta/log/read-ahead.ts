/** Reading many things in their order, several on their way at once. */

/** What `read` makes of each of `items`, in their order; at most `ahead` are being read at any time. */
export async function* readAhead<T, R>(
  items: readonly T[],
  ahead: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const onTheirWay: Promise<R>[] = [];
  let next = 0;
  const begin = (): void => {
    const item = items[next];
    if (item === undefined) return;
    next += 1;
    const reading = read(item);
    // Its trouble is told when its turn comes, if that comes.
    reading.catch(() => undefined);
    onTheirWay.push(reading);
  };
  while (next < Math.min(ahead, items.length)) begin();
  for (let first = onTheirWay.shift(); first !== undefined; first = onTheirWay.shift()) {
    const one = await first;
    begin();
    yield one;
  }
}

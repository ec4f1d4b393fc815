/** Putting small things into boxes of one size. Pure. */

/**
 * `items` in groups whose sizes together stay within `targetSize`; one that is larger has a group of its own.
 *
 * Each goes into the first group that has room, so that things that stand together stay together as far as they
 * can, and no two groups would fit into one.
 */
export function packBins<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  targetSize: number,
): readonly (readonly T[])[] {
  const bins: T[][] = [];
  let open: { readonly bin: T[]; size: number }[] = [];
  const smallest = items.reduce((least, item) => Math.min(least, sizeOf(item)), Number.POSITIVE_INFINITY);
  for (const item of items) {
    const size = sizeOf(item);
    let box = open.find((candidate) => candidate.size + size <= targetSize);
    if (box === undefined) {
      box = { bin: [], size: 0 };
      bins.push(box.bin);
      open.push(box);
    }
    box.bin.push(item);
    box.size += size;
    // A group into which nothing fits any more needn't be looked at again.
    if (box.size + smallest > targetSize) open = open.filter((candidate) => candidate !== box);
  }
  return bins;
}

/** `items`, in their order, in runs that end where the next one would go beyond `sizeMax` or `countMax`. */
export function packRuns<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  sizeMax: number,
  countMax: number = Number.POSITIVE_INFINITY,
): readonly (readonly T[])[] {
  const runs: T[][] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    const last = runs.at(-1);
    if (last === undefined || size + own > sizeMax || last.length >= countMax) {
      runs.push([item]);
      size = own;
    } else {
      last.push(item);
      size += own;
    }
  }
  return runs;
}

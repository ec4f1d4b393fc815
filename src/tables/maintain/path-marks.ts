/** Which of very many paths were named, in a few bytes each. */

/**
 * A set of paths that holds a number for each of them. Wrong only by taking a path for one that was named, by a
 * chance of less than one in a million for a billion of them, and not the same ones for every `salt`.
 */
export class PathMarks {
  readonly #salt: number;
  /** Open addressing; 0 is free. */
  #table: Float64Array = new Float64Array(1024);
  #size = 0;

  /** @param salt a whole number of 32 bits */
  constructor(salt: number) {
    this.#salt = salt;
  }

  /** Names `path`. */
  add(path: string): void {
    if (2 * (this.#size + 1) > this.#table.length) this.#grow();
    const mark = markOf(path, this.#salt);
    const at = this.#find(mark);
    if (this.#table[at] === mark) return;
    this.#table[at] = mark;
    this.#size += 1;
  }

  /** Whether `path` was named. */
  has(path: string): boolean {
    const mark = markOf(path, this.#salt);
    return this.#table[this.#find(mark)] === mark;
  }

  /** Where the mark stands, or would. */
  #find(mark: number): number {
    const mask = this.#table.length - 1;
    let at = mark & mask;
    for (let there = this.#table[at]; there !== 0 && there !== mark; there = this.#table[at]) {
      at = (at + 1) & mask;
    }
    return at;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Float64Array(2 * before.length);
    for (const mark of before) if (mark !== 0) this.#table[this.#find(mark)] = mark;
  }
}

/** A hash of 53 bits and never 0: two multiplicative ones of 32 bits that are mixed at the end. */
function markOf(path: string, salt: number): number {
  let high = 0xdeadbeef ^ salt;
  let low = 0x41c6ce57 ^ salt;
  for (let at = 0; at < path.length; at += 1) {
    const code = path.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0) || 1;
}

/**
 * What may start next, and what never will: the state of one run, without time or threads.
 *
 *     waiting --all it waits for are done--> ready --take--> running --finish--> done
 *     waiting or ready --something it waits for failed--> skipped
 *     waiting or ready --stop--> skipped
 *
 * Ready items are handed out as dbt's queue does: by level (how far from the roots of the graph),
 * then by id. The order is a function of the graph alone, so runs are comparable.
 */
import { assert } from '../base/index.ts';

/** One thing to do, and the ids of the things it waits for. Ids outside the run don't count. */
export interface WorkItem {
  readonly id: string;
  readonly after: readonly string[];
}

/** What became of an item: `failed` skips everything that waits for it, directly or not. */
export type Outcome = 'ok' | 'failed';

/** An item that will not be done, and the item whose failure decided it. */
export interface Skip {
  readonly id: string;
  readonly because: string;
}

type State = 'waiting' | 'ready' | 'running' | 'done' | 'skipped';

interface Entry {
  readonly id: string;
  state: State;
  waitsFor: number;
  level: number;
  readonly followers: Entry[];
}

/** The schedule of one run. Every id is handed out or skipped exactly once. */
export class Schedule {
  readonly #entries = new Map<string, Entry>();
  readonly #ready = new ReadyHeap();
  #open = 0;
  #running = 0;

  /** @param items no id twice, no cycle: the compiler has refused those by name. */
  constructor(items: Iterable<WorkItem>) {
    const given = [...items];
    for (const { id } of given) {
      assert(!this.#entries.has(id), `an item is scheduled once: ${id}`);
      this.#entries.set(id, { id, state: 'waiting', waitsFor: 0, level: 0, followers: [] });
    }
    for (const { id, after } of given) {
      const entry = this.#entries.get(id)!;
      for (const earlier of new Set(after)) {
        const before = this.#entries.get(earlier);
        if (before === undefined || before === entry) continue;
        before.followers.push(entry);
        entry.waitsFor += 1;
      }
    }
    this.#open = given.length;
    setLevels(this.#entries.values());
    for (const entry of this.#entries.values()) if (entry.waitsFor === 0) this.#makeReady(entry);
  }

  /** How many items there are in all. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many have been taken and not finished. */
  get running(): number {
    return this.#running;
  }

  /** Whether every item is done or skipped. */
  get isComplete(): boolean {
    return this.#open === 0;
  }

  /** The next item to start, or undefined while none is ready. */
  take(): string | undefined {
    for (let entry = this.#ready.pop(); entry !== undefined; entry = this.#ready.pop()) {
      if (entry.state !== 'ready') continue;
      entry.state = 'running';
      this.#running += 1;
      return entry.id;
    }
    return undefined;
  }

  /** Says what became of a taken item. Returns what is skipped because of it, nearest first. */
  finish(id: string, outcome: Outcome): readonly Skip[] {
    const entry = this.#entries.get(id);
    assert(entry?.state === 'running', `only what was taken can finish: ${id}`);
    entry.state = 'done';
    this.#running -= 1;
    this.#open -= 1;
    if (outcome === 'failed') return this.#skipFollowers(entry);
    for (const follower of entry.followers) {
      follower.waitsFor -= 1;
      if (follower.waitsFor === 0 && follower.state === 'waiting') this.#makeReady(follower);
    }
    return [];
  }

  /** Skips everything that has not been taken. Returns their ids in the order they would have started. */
  stop(): readonly string[] {
    const left = [...this.#entries.values()].filter((e) => e.state === 'waiting' || e.state === 'ready');
    left.sort(byPriority);
    for (const entry of left) entry.state = 'skipped';
    this.#open -= left.length;
    return left.map((entry) => entry.id);
  }

  #makeReady(entry: Entry): void {
    entry.state = 'ready';
    this.#ready.push(entry);
  }

  #skipFollowers(failed: Entry): readonly Skip[] {
    const skipped: Skip[] = [];
    const reached: Entry[] = [failed];
    for (const entry of reached) {
      for (const follower of [...entry.followers].sort(byPriority)) {
        if (follower.state !== 'waiting') continue;
        follower.state = 'skipped';
        this.#open -= 1;
        skipped.push({ id: follower.id, because: failed.id });
        reached.push(follower);
      }
    }
    return skipped;
  }
}

/** Gives every entry its level: 0 for roots, otherwise one more than the highest it waits for. */
function setLevels(entries: Iterable<Entry>): void {
  const left = new Map<Entry, number>();
  const reached: Entry[] = [];
  let count = 0;
  for (const entry of entries) {
    count += 1;
    left.set(entry, entry.waitsFor);
    if (entry.waitsFor === 0) reached.push(entry);
  }
  for (const entry of reached) {
    for (const follower of entry.followers) {
      follower.level = Math.max(follower.level, entry.level + 1);
      const rest = left.get(follower)! - 1;
      left.set(follower, rest);
      if (rest === 0) reached.push(follower);
    }
  }
  assert(reached.length === count, 'a graph that is run has no cycle');
}

function byPriority(a: Entry, b: Entry): number {
  return a.level - b.level || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A binary heap: thousands of ready items cost a logarithm each. */
class ReadyHeap {
  readonly #items: Entry[] = [];

  push(entry: Entry): void {
    const items = this.#items;
    let at = items.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (byPriority(items[parent]!, entry) <= 0) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = entry;
  }

  pop(): Entry | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && byPriority(items[child + 1]!, items[child]!) < 0) child += 1;
      if (byPriority(last, items[child]!) <= 0) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}

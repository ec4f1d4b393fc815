/**
 * Simulated time, and the hosts that live in it.
 *
 * One thing happens at a time: the next event is taken, and everything that follows from it without waiting is
 * let happen before the next. Which event is next depends on the seed alone, so a seed gives the same run each time.
 */
import { type Clock, type Random, seededRandom } from '../../../src/base/index.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { ambient } from './ambient.ts';

/** Something that happens at a time. */
interface Event {
  readonly atMs: number;
  readonly number: number;
  /** Whose code goes on by it; undefined for what happens in the store or to a host. */
  readonly life: Life | undefined;
  readonly work: () => void;
}

/** A host's process, from its start to its end. */
export interface Life {
  readonly host: Host;
  isOver: boolean;
  /** Events by which its code goes on, and requests on their way. */
  waiting: number;
}

/** The world's own events may not go on for ever. */
const eventsMax = 400_000;

/** The time, what will happen, and what did. */
export class World {
  readonly random: Random;
  /** By the clock of the store, which nobody else sees. */
  nowMs: number;
  readonly startMs: number;
  readonly trace: string[] = [];
  readonly #queue: Event[] = [];
  #numbers = 0;
  #hostsLeft = 0;

  constructor(seed: number, startMs: number) {
    this.random = seededRandom(seed);
    this.nowMs = startMs;
    this.startMs = startMs;
  }

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + Math.floor(this.random.fraction() * (max - min + 1));
  }

  /** Says what happened, for whoever has to understand a failure. */
  note(who: string, what: string): void {
    const seconds = (this.nowMs - this.startMs) / 1000;
    this.trace.push(`${seconds.toFixed(3).padStart(12)} ${who.padEnd(6)} ${what}`);
  }

  /** Has `work` done in `ms`. What belongs to a life ends with it, and waits while its host is frozen. */
  after(ms: number, work: () => void, life?: Life): void {
    this.#push({ atMs: this.nowMs + Math.max(0, ms), number: ++this.#numbers, life, work });
    if (life) life.waiting += 1;
  }

  hostBegan(): void {
    this.#hostsLeft += 1;
  }

  hostEnded(): void {
    this.#hostsLeft -= 1;
  }

  /** Lets time pass until every host has done what it had to do. @throws when that takes longer than `limitMs`. */
  async run(limitMs: number, lives: () => readonly Life[]): Promise<void> {
    await settled(lives);
    for (let count = 0; this.#hostsLeft > 0; count += 1) {
      const event = this.#queue.shift();
      if (!event || event.atMs > this.startMs + limitMs || count > eventsMax) {
        throw new Error(`${this.#hostsLeft} hosts hang`);
      }
      this.#happen(event);
      await settled(lives);
    }
  }

  /** Lets everything happen that is still on its way, with nobody there any more. */
  async drain(): Promise<void> {
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
      this.#happen(event);
      await settled(() => []);
    }
  }

  #happen(event: Event): void {
    const { life } = event;
    if (life?.isOver === true) return;
    if (life !== undefined && life.host.frozenUntilMs > event.atMs) {
      this.#push({ ...event, atMs: life.host.frozenUntilMs });
      return;
    }
    this.nowMs = Math.max(this.nowMs, event.atMs);
    if (life) life.waiting -= 1;
    event.work();
  }

  #push(event: Event): void {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#queue[middle] as Event;
      if (other.atMs < event.atMs || (other.atMs === event.atMs && other.number < event.number)) {
        low = middle + 1;
      } else high = middle;
    }
    this.#queue.splice(low, 0, event);
  }
}

/** A machine with a process on it that does one thing after the other, and begins anew when it is killed. */
export class Host {
  readonly world: World;
  readonly name: string;
  /** How far its clock is ahead. */
  readonly skewMs: number;
  readonly random: Random;
  frozenUntilMs = 0;
  cutUntilMs = 0;
  life: Life;
  /** How often it was frozen, cut off or killed until now, and when last. */
  readonly troubles: { readonly fromMs: number; readonly untilMs: number }[] = [];

  constructor(world: World, name: string, skewMs: number, seed: number) {
    this.world = world;
    this.name = name;
    this.skewMs = skewMs;
    this.random = seededRandom(seed);
    this.life = { host: this, isOver: true, waiting: 0 };
  }

  /** Starts the process. @param open the storage as it reaches it. @param ended called when `work` is through. */
  start(
    open: (uri: string) => Storage | undefined,
    work: () => Promise<void>,
    ended: (error?: unknown) => void,
  ): void {
    const life: Life = { host: this, isOver: false, waiting: 0 };
    this.life = life;
    const clock = this.clock(life);
    ambient.run({ clock, random: this.random, open }, () => {
      work().then(
        () => this.#end(life, () => ended()),
        (error: unknown) => this.#end(life, () => ended(error)),
      );
    });
  }

  /** Ends the process wherever it is: nothing of it goes on. */
  kill(): void {
    this.life.isOver = true;
    this.world.note(this.name, 'killed');
  }

  /** Stops the process for a while. Nothing of it goes on; what it has asked of the store goes on. */
  freeze(ms: number): void {
    this.frozenUntilMs = this.world.nowMs + ms;
    this.troubles.push({ fromMs: this.world.nowMs, untilMs: this.frozenUntilMs });
    this.world.note(this.name, `frozen for ${ms / 1000} s`);
  }

  /** Takes it off the network for a while. */
  cut(ms: number): void {
    this.cutUntilMs = this.world.nowMs + ms;
    this.troubles.push({ fromMs: this.world.nowMs, untilMs: this.cutUntilMs });
    this.world.note(this.name, `cut off for ${ms / 1000} s`);
  }

  /** The clock of one life. */
  clock(life: Life = this.life): Clock {
    const { world } = this;
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => world.after(ms, resolve, life));
    return {
      // Whole milliseconds, as the machine tells them.
      nowMs: () => Math.floor(world.nowMs) + this.skewMs,
      sleep,
      every: (ms, work) => {
        let isStopped = false;
        const again = (): void => {
          if (isStopped) return;
          work();
          world.after(ms, again, life);
        };
        world.after(ms, again, life);
        return () => {
          isStopped = true;
        };
      },
    };
  }

  #end(life: Life, ended: () => void): void {
    if (life.isOver) return;
    life.isOver = true;
    ended();
  }
}

/**
 * Lets all that follows without waiting happen. Code that waits for the machine itself, as DuckDB's does, is
 * waited for: until every process waits for something simulated.
 */
async function settled(lives: () => readonly Life[]): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; lives().some((life) => !life.isOver && life.waiting === 0); turn += 1) {
    await new Promise((resolve) => (turn < 20 ? setImmediate(resolve) : setTimeout(resolve, 1)));
    if (turn > 3_000) throw new Error('a process waits for nothing simulated');
  }
}

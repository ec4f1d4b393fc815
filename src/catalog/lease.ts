/**
 * A lease: the right to be the only one, for as long as its holder is alive.
 *
 * `_boathouse/leases/<name>/<number>.json`, each created if absent. The holder of the highest number
 * holds the lease until it writes into its own object that it is done, or stops renewing it. On one
 * host a holder whose process is gone is passed over at once; elsewhere once it hasn't renewed for
 * `timeToLiveMs`, which its object says, by the clock of the one who waits, so hosts' clocks need not agree. Whoever takes
 * over creates the next number, so of several that try one wins.
 *
 * A process that stood still longer than `timeToLiveMs` may have lost its lease without knowing;
 * `check` tells, and is to be called right before what the lease protects becomes visible. A lease gives
 * order, never correctness: whoever stands still right after the check is stopped by the conditional
 * create of what it publishes.
 */
import { hostname } from 'node:os';
import {
  type Clock,
  isBoathouseError,
  type ProcessMark,
  type Random,
  type RetryPolicy,
  retry,
  stateOf,
  systemClock,
  systemRandom,
  thisProcess,
} from '../base/index.ts';
import type { PutOutcome, Storage } from '../storage/index.ts';
import { catalogErrors } from './errors.ts';

/** Who holds a lease, as others are told. */
export interface LeaseHolder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  /** What it does: `boathouse build in /projects/shop`. */
  readonly purpose: string;
  readonly sinceMs: number;
  /** What tells the process from every other. */
  readonly process: ProcessMark;
}

/** A lease that is held. */
export interface Lease {
  /** Higher than that of everyone who held the lease before: tells late writers from the holder. */
  readonly number: number;
  /**
   * That nobody took it over. Costs nothing while every renewal was in time, because then nobody can have; else a
   * listing and a read.
   *
   * @throws catalog.lease-lost when someone took it over; storage.* when that can't be told.
   */
  check(): Promise<void>;
  /**
   * Gives it up. Never fails: when it is lost already there is nothing to do, and what storage can't be
   * told runs out by itself.
   */
  release(): Promise<void>;
}

/** How a lease is asked for. */
export interface LeaseOptions {
  readonly purpose: string;
  /** How long to wait for it. */
  readonly timeoutMs: number;
  /** How long others believe this holder alive when it isn't heard of; what `BOATHOUSE_LEASE_SECONDS` says unless given, else 60 seconds. */
  readonly timeToLiveMs?: number;
  /** Called when it has to wait, and again whenever the holder is another one. */
  readonly onWait?: (holder: LeaseHolder) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly signal?: AbortSignal;
}

/**
 * Takes the lease `name`, waiting while someone else holds it.
 *
 * @param name letters, digits, `.`, `-` and `_`.
 * @throws catalog.lease-timeout naming the holder; an AbortError when `signal` aborts first.
 */
export async function acquireLease(storage: Storage, name: string, options: LeaseOptions): Promise<Lease> {
  const { clock = systemClock, random = systemRandom, timeToLiveMs = usualTimeToLiveMs() } = options;
  const folder = `_boathouse/leases/${name}/`;
  const me: LeaseHolder = {
    token: random.uuid(),
    host: hostname(),
    pid: process.pid,
    purpose: options.purpose,
    sinceMs: clock.nowMs(),
    process: thisProcess(),
  };
  const startedMs = clock.nowMs();
  const watch = new Watch();
  let told = '';
  for (let delay = 20; ; delay = Math.min(delay * 1.5, 500)) {
    options.signal?.throwIfAborted();
    let holder: LeaseHolder | undefined;
    try {
      // What is read was true when it was asked for at the latest: a reply that comes late, or is looked at
      // late, says nothing about the time since.
      const askedMs = clock.nowMs();
      const newest = await readNewest(storage, folder);
      // A creation of ours whose reply was lost.
      const isOurs = newest !== undefined && newest.holder.token === me.token;
      holder = newest && !isOurs ? watch.livingHolder(newest, askedMs, clock.nowMs()) : undefined;
      if (!holder) {
        const number = isOurs ? newest.number : (newest?.number ?? 0) + 1;
        const record = printRecord({ holder: me, renewals: 0, released: false, timeToLiveMs });
        const begunMs = clock.nowMs();
        const outcome = isOurs ? created : await storage.putIfAbsent(pathOf(folder, number), record);
        if (outcome.kind === 'taken') continue;
        // While we looked, others may have come and gone, and swept the number that was free for us.
        if (await isHighest(storage, folder, number)) {
          await removeBelow(storage, folder, number).catch(ignoreTrouble);
          // Of a creation whose reply was lost it isn't known when it was.
          const sinceMs = isOurs ? Number.NEGATIVE_INFINITY : begunMs;
          return new HeldLease({ storage, folder, name, number, me, timeToLiveMs, sinceMs, clock, random });
        }
        await storage.remove(pathOf(folder, number));
        continue;
      }
    } catch (error) {
      // Storage in passing trouble is waited for, as a holder is.
      if (!isTrouble(error) || clock.nowMs() - startedMs >= options.timeoutMs) throw error;
    }
    if (holder && holder.token !== told) options.onWait?.(holder);
    told = holder?.token ?? told;
    const waitedMs = clock.nowMs() - startedMs;
    if (holder && waitedMs >= options.timeoutMs) {
      throw catalogErrors['lease-timeout']({ lease: name, holder: describeHolder(holder), waitedMs });
    }
    const leftMs = Math.max(options.timeoutMs - waitedMs, 0) + 1;
    await clock.sleep(Math.min(delay * (0.5 + random.fraction()), leftMs));
  }
}

/** Of holders who don't say. */
const defaultTimeToLiveMs = 60_000;

function usualTimeToLiveMs(): number {
  const seconds = Number(process.env['BOATHOUSE_LEASE_SECONDS']);
  return seconds >= 1 && seconds <= 3600 ? seconds * 1000 : defaultTimeToLiveMs;
}

/** A holder in words: `boathouse build (process 4711 on nas)`. */
export function describeHolder(holder: LeaseHolder): string {
  return `${holder.purpose} (process ${holder.pid} on ${holder.host})`;
}

/** One object of a lease's folder, as written. */
interface Held {
  readonly holder: LeaseHolder;
  /** Counts up while its holder is alive. */
  readonly renewals: number;
  readonly released: boolean;
  /** How long its holder is believed alive when it isn't heard of. */
  readonly timeToLiveMs: number;
}

type Numbered = Held & { readonly number: number };

const created: PutOutcome = { kind: 'created' };

/** Tells living holders from dead ones by what one waiter sees happen, on its own clock. */
class Watch {
  #seen = '';
  #sinceMs = 0;

  /** @param askedMs before `held` was read. @param nowMs after. */
  livingHolder(held: Numbered, askedMs: number, nowMs: number): LeaseHolder | undefined {
    if (held.released || stateOf(held.holder.process) === 'gone') return undefined;
    const seen = `${held.number} ${held.holder.token} ${held.renewals}`;
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#sinceMs = nowMs;
    }
    return askedMs - this.#sinceMs > held.timeToLiveMs ? undefined : held.holder;
  }
}

/** What a lease that is held was taken with. */
interface HeldParts {
  readonly storage: Storage;
  readonly folder: string;
  readonly name: string;
  readonly number: number;
  readonly me: LeaseHolder;
  readonly timeToLiveMs: number;
  /** Before it was created. */
  readonly sinceMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

class HeldLease implements Lease {
  readonly #parts: HeldParts;
  readonly number: number;
  readonly #stop: () => void;
  #writing: Promise<void> = Promise.resolve();
  #renewals = 0;
  #ended = false;
  /** When the last renewal was begun that is known to have arrived. */
  #heardMs: number;
  /** Once a renewal was late someone may have decided to take over, and may do so at any time. */
  #wasAlwaysHeard = true;

  constructor(parts: HeldParts) {
    this.#parts = parts;
    this.number = parts.number;
    this.#heardMs = parts.sinceMs;
    this.#hear(parts.sinceMs);
    const { clock, timeToLiveMs } = parts;
    const renew = (): void => this.#renew();
    this.#stop = clock.every?.(timeToLiveMs / 4, renew) ?? systemClock.every(timeToLiveMs / 4, renew);
  }

  async check(): Promise<void> {
    const { storage, folder, name, me, clock, timeToLiveMs } = this.#parts;
    // Whoever takes over has seen the same renewal for all of the time to live, and none is that old.
    if (this.#wasAlwaysHeard && clock.nowMs() - this.#heardMs < timeToLiveMs) return;
    const newest = await readNewest(storage, folder);
    if (newest?.number === this.number && newest.holder.token === me.token) return;
    throw catalogErrors['lease-lost']({
      lease: name,
      holder: newest ? describeHolder(newest.holder) : 'nobody',
    });
  }

  async release(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    await this.#writing;
    const { storage, folder, clock, random } = this.#parts;
    await retry(patience, clock, random, isTrouble, async () => {
      const newest = await readNewest(storage, folder);
      // Writing into a number that someone has taken over and swept would bring it back.
      if (newest?.number === this.number) await this.#write(true);
    }).catch(() => undefined);
  }

  #renew(): void {
    if (this.#ended) return;
    // A renewal that fails costs nothing yet: the next one comes long before the lease runs out, and
    // `check` has the last word.
    this.#writing = this.#writing.then(() => this.#write(false)).catch(() => undefined);
  }

  async #write(released: boolean): Promise<void> {
    const { storage, folder, me, timeToLiveMs, clock } = this.#parts;
    this.#renewals += 1;
    const begunMs = clock.nowMs();
    const record = printRecord({ holder: me, renewals: this.#renewals, released, timeToLiveMs });
    await storage.put(pathOf(folder, this.number), record);
    this.#hear(begunMs);
  }

  /** Something that was begun at `begunMs` has arrived by now. */
  #hear(begunMs: number): void {
    const { clock, timeToLiveMs } = this.#parts;
    this.#wasAlwaysHeard &&= clock.nowMs() - this.#heardMs < timeToLiveMs;
    this.#heardMs = begunMs;
  }
}

const patience: RetryPolicy = { attemptsMax: 4, delayMsMin: 20, delayMsMax: 500 };

function isTrouble(error: unknown): boolean {
  return isBoathouseError(error) && error.retryable && error.code.startsWith('storage.');
}

/** Lower numbers are only litter: the next holder takes them away too. */
function ignoreTrouble(error: unknown): void {
  if (!isTrouble(error)) throw error;
}

async function readNewest(storage: Storage, folder: string): Promise<Numbered | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const number = (await listNumbers(storage, folder)).at(-1);
    if (number === undefined) return undefined;
    try {
      return { ...parseRecord(await storage.read(pathOf(folder, number))), number };
    } catch (error) {
      // Swept by the next holder between our listing and our read.
      if (attempt >= 20 || !isBoathouseError(error, 'storage.not-found')) throw error;
    }
  }
}

async function listNumbers(storage: Storage, folder: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const file of storage.list(folder)) {
    const [, digits] = /\/(\d{20})\.json$/.exec(file.path) ?? [];
    if (digits !== undefined) numbers.push(Number(digits));
  }
  return numbers.sort((a, b) => a - b);
}

async function isHighest(storage: Storage, folder: string, number: number): Promise<boolean> {
  return (await listNumbers(storage, folder)).at(-1) === number;
}

async function removeBelow(storage: Storage, folder: string, number: number): Promise<void> {
  for (const lower of await listNumbers(storage, folder)) {
    if (lower < number) await storage.remove(pathOf(folder, lower));
  }
}

function pathOf(folder: string, number: number): string {
  return `${folder}${String(number).padStart(20, '0')}.json`;
}

function printRecord(held: Held): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(held)}\n`);
}

function parseRecord(bytes: Uint8Array): Held {
  try {
    const held = JSON.parse(new TextDecoder().decode(bytes)) as Held;
    // An earlier version didn't say how long it is to be believed.
    const { timeToLiveMs = defaultTimeToLiveMs } = held as Partial<Held>;
    if (typeof held.holder.process.pid === 'number') return { ...held, timeToLiveMs };
  } catch {
    // Not ours and not readable: nobody who is alive wrote it.
  }
  return { holder: nobody, renewals: 0, released: true, timeToLiveMs: 0 };
}

const nobody: LeaseHolder = {
  token: '',
  host: '',
  pid: 0,
  purpose: 'an unreadable lease',
  sinceMs: 0,
  process: { host: '', pid: 0, began: 0 },
};

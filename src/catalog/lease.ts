/**
 * A lease: the right to be the only one, for as long as its holder is alive.
 *
 * `_boathouse/leases/<name>/<number>.json`, each created if absent. The holder of the highest number
 * holds the lease until it writes into its own object that it is done, or stops renewing it. On one
 * host a holder whose process is gone is passed over at once; elsewhere after `timeToLiveMs`. Whoever
 * takes over creates the next number, so of several that try one wins.
 *
 * A process that stood still longer than `timeToLiveMs` may have lost its lease without knowing;
 * `check` tells, and is to be called right before what the lease protects becomes visible.
 */
import { hostname } from 'node:os';
import { type Clock, isBoathouseError, type Random, systemClock, systemRandom } from '../base/index.ts';
import type { Storage } from '../storage/index.ts';
import { catalogErrors } from './errors.ts';

/** Who holds a lease, as others are told. */
export interface LeaseHolder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  /** What it does: `boathouse build in /projects/shop`. */
  readonly purpose: string;
  readonly sinceMs: number;
}

/** A lease that is held. */
export interface Lease {
  /** @throws catalog.lease-lost when someone took it over. */
  check(): Promise<void>;
  /** Gives it up. Succeeds when it is lost already. */
  release(): Promise<void>;
}

/** How a lease is asked for. */
export interface LeaseOptions {
  readonly purpose: string;
  /** How long to wait for it. */
  readonly timeoutMs: number;
  /** How long a holder that isn't heard of is believed alive; 60 seconds unless given. */
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
 * @throws catalog.lease-timeout naming the holder.
 */
export async function acquireLease(storage: Storage, name: string, options: LeaseOptions): Promise<Lease> {
  const { clock = systemClock, random = systemRandom, timeToLiveMs = 60_000 } = options;
  const folder = `_boathouse/leases/${name}/`;
  const me: LeaseHolder = {
    token: random.uuid(),
    host: hostname(),
    pid: process.pid,
    purpose: options.purpose,
    sinceMs: clock.nowMs(),
  };
  const startedMs = clock.nowMs();
  let told = '';
  for (let delay = 20; ; delay = Math.min(delay * 1.5, 500)) {
    const newest = await readNewest(storage, folder);
    const holder = newest && (await livingHolder(newest, clock.nowMs(), timeToLiveMs));
    if (!holder) {
      const number = (newest?.number ?? 0) + 1;
      const record = printRecord({ holder: me, renewedMs: clock.nowMs(), released: false });
      const outcome = await storage.putIfAbsent(pathOf(folder, number), record);
      if (outcome.kind === 'created') {
        if (newest) await storage.remove(pathOf(folder, newest.number));
        return new HeldLease(storage, folder, name, number, me, clock, timeToLiveMs);
      }
      continue;
    }
    if (holder.token !== told) options.onWait?.(holder);
    told = holder.token;
    const waitedMs = clock.nowMs() - startedMs;
    if (waitedMs >= options.timeoutMs || options.signal?.aborted) {
      throw catalogErrors['lease-timeout']({ lease: name, holder: describeHolder(holder), waitedMs });
    }
    await clock.sleep(Math.min(delay * (0.5 + random.fraction()), options.timeoutMs - waitedMs + 1));
  }
}

/** A holder in words: `boathouse build (process 4711 on nas)`. */
export function describeHolder(holder: LeaseHolder): string {
  return `${holder.purpose} (process ${holder.pid} on ${holder.host})`;
}

/** One object of a lease's folder, as written. */
interface Held {
  readonly holder: LeaseHolder;
  readonly renewedMs: number;
  readonly released: boolean;
}

class HeldLease implements Lease {
  readonly #storage: Storage;
  readonly #folder: string;
  readonly #name: string;
  readonly #number: number;
  readonly #me: LeaseHolder;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(
    storage: Storage,
    folder: string,
    name: string,
    number: number,
    me: LeaseHolder,
    clock: Clock,
    timeToLiveMs: number,
  ) {
    this.#storage = storage;
    this.#folder = folder;
    this.#name = name;
    this.#number = number;
    this.#me = me;
    this.#clock = clock;
    this.#timer = setInterval(() => this.#renew(), timeToLiveMs / 4);
    // A process with nothing else to do must not stay for this.
    this.#timer.unref();
  }

  async check(): Promise<void> {
    const newest = await readNewest(this.#storage, this.#folder);
    if (newest?.number === this.#number && newest.holder.token === this.#me.token) return;
    throw catalogErrors['lease-lost']({
      lease: this.#name,
      holder: newest ? describeHolder(newest.holder) : 'nobody',
    });
  }

  async release(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#writing;
    const newest = await readNewest(this.#storage, this.#folder);
    // Writing into a number that someone has taken over and swept would bring it back.
    if (newest?.number === this.#number) await this.#write(true);
  }

  #renew(): void {
    if (this.#ended) return;
    // A renewal that fails costs nothing yet: the next one comes long before the lease runs out, and
    // `check` has the last word.
    this.#writing = this.#writing.then(() => this.#write(false)).catch(() => undefined);
  }

  async #write(released: boolean): Promise<void> {
    const record = printRecord({ holder: this.#me, renewedMs: this.#clock.nowMs(), released });
    await this.#storage.put(pathOf(this.#folder, this.#number), record);
  }
}

async function readNewest(
  storage: Storage,
  folder: string,
): Promise<(Held & { readonly number: number }) | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    let path: string | undefined;
    for await (const file of storage.list(folder)) {
      if (/\/\d{20}\.json$/.test(file.path)) path = file.path;
    }
    if (path === undefined) return undefined;
    try {
      const held = parseRecord(await storage.read(path));
      return { ...held, number: Number(path.slice(folder.length, -'.json'.length)) };
    } catch (error) {
      // Swept by the next holder between our listing and our read.
      if (attempt >= 20 || !isBoathouseError(error, 'storage.not-found')) throw error;
    }
  }
}

async function livingHolder(
  held: Held,
  nowMs: number,
  timeToLiveMs: number,
): Promise<LeaseHolder | undefined> {
  if (held.released || nowMs - held.renewedMs > timeToLiveMs) return undefined;
  if (held.holder.host === hostname() && !isRunning(held.holder.pid)) return undefined;
  return held.holder;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed to signal it means that it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
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
    return JSON.parse(new TextDecoder().decode(bytes)) as Held;
  } catch {
    // Not ours and not readable: nobody who is alive wrote it.
    const nobody: LeaseHolder = { token: '', host: '', pid: 0, purpose: 'an unreadable lease', sinceMs: 0 };
    return { holder: nobody, renewedMs: 0, released: true };
  }
}

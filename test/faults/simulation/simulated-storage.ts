/**
 * A store as a host reaches it over a network that isn't to be trusted.
 *
 * Every call takes time before it is applied and again before its reply is there. It can be slow, refused,
 * lost on its way, applied with its reply lost, or applied long after its caller gave up.
 */
import type {
  CopyOptions,
  FileInfo,
  LocalFile,
  ObjectMetadata,
  PutOutcome,
  Storage,
} from '../../../src/storage/index.ts';
import { storageErrors } from '../../../src/storage/index.ts';
import type { Life, World } from './world.ts';

/** How often each kind of trouble comes, from 0 to 1. */
export interface Weather {
  readonly slow: number;
  /** Refused at once: 503. */
  readonly busy: number;
  /** Never arrives. */
  readonly lost: number;
  /** Applied, and the reply never arrives. */
  readonly unheard: number;
  /** Given up by its caller, and applied later all the same. */
  readonly late: number;
  /** Objects on a page of a listing; pages are fetched one after the other. */
  readonly pageMax: number;
}

/** Told what is applied to a store, at the moment it is. */
export interface Witness {
  created(path: string, bytes: Uint8Array, host: string): void;
  replaced(path: string, bytes: Uint8Array, host: string): void;
  removed(path: string, host: string): void;
}

/** A store that all hosts share. */
export interface Store {
  readonly name: string;
  readonly inner: Storage;
  readonly witness: Witness;
  /** When objects were written, in simulated time, where the store itself doesn't know. */
  readonly times: Map<string, number> | undefined;
}

type Fate = 'well' | 'slow' | 'busy' | 'lost' | 'unheard' | 'late';

/** What a caller waits before it takes a request for lost. */
const timeoutMs = 5_000;
const latestMs = 600_000;

/** A store, seen from one process. */
export class SimulatedStorage implements Storage {
  readonly uri: string;
  readonly isLocal: boolean;
  readonly #store: Store;
  readonly #life: Life;
  readonly #weather: Weather;

  constructor(store: Store, life: Life, weather: Weather) {
    this.uri = store.inner.uri;
    this.isLocal = store.inner.isLocal;
    this.#store = store;
    this.#life = life;
    this.#weather = weather;
  }

  read(path: string): Promise<Uint8Array> {
    return this.#call('GET', path, () => this.#store.inner.read(path));
  }

  readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#call('GET', path, () => this.#store.inner.readRange(path, startByte, lengthBytes));
  }

  stat(path: string): Promise<FileInfo | undefined> {
    return this.#call('HEAD', path, async () => {
      const info = await this.#store.inner.stat(path);
      return info && this.#timed(info);
    });
  }

  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#call('CREATE', path, async () => {
      const outcome = await this.#store.inner.putIfAbsent(path, bytes);
      if (outcome.kind === 'created') {
        this.#written(path);
        this.#store.witness.created(path, bytes, this.#life.host.name);
      }
      return outcome;
    });
  }

  put(path: string, bytes: Uint8Array, options?: { readonly metadata?: ObjectMetadata }): Promise<void> {
    return this.#call('PUT', path, async () => {
      await this.#store.inner.put(path, bytes, options);
      this.#written(path);
      this.#store.witness.replaced(path, bytes, this.#life.host.name);
    });
  }

  copy(from: string, to: string, options?: CopyOptions): Promise<void> {
    return this.#call('COPY', to, async () => {
      await this.#store.inner.copy(from, to, options);
      this.#written(to);
    });
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    const size = this.#life.host.world.between(1, this.#weather.pageMax);
    for (let last = after; ; ) {
      const start = last;
      const page = await this.#call('LIST', `${prefix} after ${start ?? ''}`, async () => {
        const found: FileInfo[] = [];
        for await (const info of this.#store.inner.list(prefix, start)) {
          if (found.push(this.#timed(info)) >= size) break;
        }
        return found;
      });
      yield* page;
      if (page.length < size) return;
      last = page.at(-1)?.path;
    }
  }

  remove(path: string): Promise<void> {
    return this.#call('DELETE', path, async () => {
      const wasThere = (await this.#store.inner.stat(path)) !== undefined;
      await this.#store.inner.remove(path);
      if (wasThere) this.#store.witness.removed(path, this.#life.host.name);
    });
  }

  async removeAll(paths: readonly string[]): Promise<void> {
    const outcomes = await Promise.allSettled(paths.map((path) => this.remove(path)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  download(path: string, localFile: string): Promise<FileInfo> {
    return this.#call('GET', path, () => this.#store.inner.download(path, localFile));
  }

  openLocal(path: string): Promise<LocalFile> {
    return this.#call('GET', path, () => this.#store.inner.openLocal(path));
  }

  locate(path: string): string {
    return this.#store.inner.locate(path);
  }

  prepareWrite(path: string): Promise<string> {
    return this.#store.inner.prepareWrite(path);
  }

  finishWrite(path: string): Promise<FileInfo> {
    return this.#call('UPLOAD', path, async () => {
      const info = await this.#store.inner.finishWrite(path);
      this.#written(path);
      this.#store.witness.created(path, new Uint8Array(), this.#life.host.name);
      return this.#timed(info);
    });
  }

  abandonWrite(path: string): Promise<void> {
    return this.#store.inner.abandonWrite(path);
  }

  /** Sends the request on its way; what comes back, and when, is the weather's. */
  #call<T>(doing: string, path: string, apply: () => Promise<T>): Promise<T> {
    const { world } = this.#life.host;
    const fate = this.#fate(doing);
    const lost = (problem: string): Error =>
      storageErrors.unreachable({ path, uri: this.uri, doing, problem });
    return new Promise<T>((resolve, reject) => {
      const reply = (ms: number, settle: () => void): void => {
        const arrive = (): void => {
          if (this.#life.host.cutUntilMs > world.nowMs) reject(lost('cut off'));
          else settle();
        };
        world.after(ms, arrive, this.#life);
      };
      const arriveIn = (ms: number, heard: boolean, backMs = this.#hopMs()): void => {
        if (heard) this.#life.waiting += 1;
        const back = (settle: () => void): void => {
          if (heard) reply(backMs, settle);
        };
        world.after(ms, () => {
          // While it is applied, the caller waits for the store itself.
          if (heard) this.#life.waiting -= 1;
          this.#arrive(world, doing, path, apply).then(
            (value) => back(() => resolve(value)),
            (error: unknown) => back(() => reject(error)),
          );
        });
      };
      if (fate !== 'well') world.note(this.#life.host.name, `${doing} ${this.#name(path)} is ${fate}`);
      switch (fate) {
        case 'well':
          return arriveIn(this.#hopMs(), true);
        case 'slow':
          // On its way there or on its way back.
          return world.random.fraction() < 0.5
            ? arriveIn(world.between(200, 90_000), true)
            : arriveIn(this.#hopMs(), true, world.between(200, 90_000));
        case 'busy':
          return reply(this.#hopMs(), () => reject(lost('503 Slow Down')));
        case 'lost':
          return reply(timeoutMs, () => reject(lost('no answer')));
        case 'unheard':
          arriveIn(this.#hopMs(), false);
          return reply(timeoutMs, () => reject(lost('no answer')));
        case 'late':
          arriveIn(world.between(timeoutMs, latestMs), false);
          return reply(timeoutMs, () => reject(lost('no answer')));
      }
    });
  }

  async #arrive<T>(world: World, doing: string, path: string, apply: () => Promise<T>): Promise<T> {
    const { host, isOver } = this.#life;
    // What a frozen host had begun to send may come when it wakes; what a dead one had, may never come.
    if (host.frozenUntilMs > world.nowMs && !isOver && world.random.fraction() < 0.5) {
      const ms = host.frozenUntilMs - world.nowMs + this.#hopMs();
      this.#life.waiting += 1;
      await new Promise<void>((resolve) => world.after(ms, resolve));
      this.#life.waiting -= 1;
    } else if (isOver && world.random.fraction() < 0.3) return new Promise<T>(() => undefined);
    try {
      const value = await apply();
      const outcome = typeof value === 'object' && value !== null && 'kind' in value ? `: ${value.kind}` : '';
      world.note(host.name, `${doing} ${this.#name(path)}${outcome}`);
      return value;
    } catch (error) {
      world.note(
        host.name,
        `${doing} ${this.#name(path)}: ${error instanceof Error ? error.message : error}`,
      );
      throw error;
    }
  }

  #fate(doing: string): Fate {
    const { host } = this.#life;
    const { world } = host;
    const roll = world.random.fraction();
    if (host.cutUntilMs > world.nowMs) return 'lost';
    const changes = /^(?:CREATE|PUT|DELETE|UPLOAD|COPY)$/.test(doing);
    let share = 0;
    for (const fate of ['slow', 'busy', 'lost', 'unheard', 'late'] as const) {
      share += this.#weather[fate];
      if (roll < share) return (fate === 'unheard' || fate === 'late') && !changes ? 'lost' : fate;
    }
    return 'well';
  }

  #hopMs(): number {
    return this.#life.host.world.between(1, 40);
  }

  #name(path: string): string {
    return `${this.#store.name}/${path.replace(/0{12,}/g, '0…')}`;
  }

  #written(path: string): void {
    this.#store.times?.set(path, this.#life.host.world.nowMs);
  }

  #timed(info: FileInfo): FileInfo {
    const { times } = this.#store;
    // What isn't finished is being written.
    return times ? { ...info, modifiedMs: times.get(info.path) ?? this.#life.host.world.nowMs } : info;
  }
}

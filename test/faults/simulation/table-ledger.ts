/**
 * What truly happened to a table, told by the store itself, and the promises that are held against it: versions
 * follow each other, each is made once, each file comes and goes once, and nothing that is needed is deleted.
 */
import type { Snapshot } from '../../../src/delta/index.ts';
import type { Witness } from './simulated-storage.ts';
import type { World } from './world.ts';

/** What a caller was told became of an operation. */
export type Told =
  | { readonly kind: 'committed'; readonly version: number }
  | { readonly kind: 'failed' }
  | { readonly kind: 'unknown' };

/** A version as it was committed. */
export interface LedgerVersion {
  readonly operation: string | undefined;
  readonly atMs: number;
  readonly live: ReadonlySet<string>;
}

/** The truth about one table. */
export class TableLedger implements Witness {
  readonly name: string;
  readonly versions: LedgerVersion[] = [];
  readonly told: Map<string, Told> = new Map();
  readonly violations: string[];
  readonly #world: World;
  readonly #retentionMs: number;
  /** The rows of every data file that ever was, and when it came. */
  readonly #files = new Map<
    string,
    { readonly rows: readonly string[]; readonly atMs: number; readonly by: string }
  >();
  readonly #there = new Set<string>();
  /** Versions that a kept generation pins. */
  pinned: () => ReadonlySet<number> = () => new Set();

  constructor(name: string, world: World, violations: string[], retentionMs: number) {
    this.name = name;
    this.#world = world;
    this.violations = violations;
    this.#retentionMs = retentionMs;
  }

  get latest(): number {
    return this.versions.length - 1;
  }

  created(path: string, bytes: Uint8Array, host: string): void {
    const [, version] = /^_delta_log\/(\d{20})\.json$/.exec(path) ?? [];
    if (version !== undefined) this.#committed(Number(version), bytes, host);
    else if (!path.startsWith('_delta_log/')) this.#came(path, [], host);
  }

  replaced(path: string, bytes: Uint8Array, host: string): void {
    if (/^_delta_log\/\d{20}\.json$/.test(path)) this.#wrong(`${host} overwrote ${path}`);
    if (path.startsWith('_delta_log/')) return;
    this.#came(path, decode(bytes).split('\n'), host);
  }

  removed(path: string, host: string): void {
    if (path.startsWith('_delta_log/')) return;
    this.#there.delete(path);
    const sinceMs = this.#world.nowMs - this.#retentionMs;
    const pinned = this.pinned();
    for (let version = this.latest; version >= 0; version -= 1) {
      const { live, atMs } = this.versions[version] as LedgerVersion;
      const endMs = this.versions[version + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      if (live.has(path) && (endMs >= sinceMs || pinned.has(version))) {
        this.#wrong(`${host} deleted ${path}, which version ${version} (of ${atMs}) needs`);
        return;
      }
    }
    const file = this.#files.get(path);
    const wasCommitted = this.versions.some(({ live }) => live.has(path));
    if (file && !wasCommitted && file.by !== host && file.atMs > sinceMs) {
      this.#wrong(`${host} deleted ${path}, which ${file.by} had just written`);
    }
  }

  /** What a reader saw, who began to look when `leastVersion` was the newest. */
  read(snapshot: Pick<Snapshot, 'version' | 'files'>, leastVersion: number, by: string): void {
    const truth = this.versions[snapshot.version];
    if (truth === undefined) {
      this.#wrong(`${by} read version ${snapshot.version}, which is none`);
      return;
    }
    if (snapshot.version < leastVersion) {
      this.#wrong(`${by} read version ${snapshot.version} after ${leastVersion} had been committed`);
    }
    const seen = [...snapshot.files.values()].map(({ path }) => path).sort();
    const live = [...truth.live].sort();
    if (seen.join() !== live.join()) {
      this.#wrong(
        `${by} read version ${snapshot.version} with ${seen.join(' ')} in place of ${live.join(' ')}`,
      );
    }
  }

  /** `version` is told to be `wanted` again. */
  restored(version: number, wanted: number, by: string): void {
    const [made, was] = [version, wanted].map((one) => [...(this.versions[one]?.live ?? [])].sort().join());
    if (made !== was) this.#wrong(`${by} restored ${wanted} as ${version}, which holds something else`);
  }

  /** The files of `version` are there, as they must be while it is kept. */
  readable(version: number, by: string): void {
    for (const path of this.versions[version]?.live ?? []) {
      if (!this.#there.has(path)) this.#wrong(`${by}: ${path} of version ${version} is gone`);
    }
  }

  /** Whether `version` was current within the retention. */
  isKept(version: number): boolean {
    const endMs = this.versions[version + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    return endMs >= this.#world.nowMs - this.#retentionMs;
  }

  /** What everybody was told is what happened. */
  settle(): void {
    const byOperation = new Map<string, number[]>();
    for (const [version, { operation }] of this.versions.entries()) {
      if (operation !== undefined)
        byOperation.set(operation, [...(byOperation.get(operation) ?? []), version]);
    }
    for (const [operation, told] of this.told) {
      const made = byOperation.get(operation) ?? [];
      if (made.length > 1) this.#wrong(`${operation} was committed as ${made.join(' and ')}`);
      if (told.kind === 'committed' && made[0] !== told.version) {
        this.#wrong(`${operation} was told version ${told.version}, and is in ${made.join() || 'none'}`);
      }
      if (told.kind === 'failed' && made.length > 0) {
        this.#wrong(`${operation} was told that it failed, and is version ${made.join()}`);
      }
    }
    const rows = [...(this.versions.at(-1)?.live ?? [])].flatMap((path) => this.#files.get(path)?.rows ?? []);
    if (new Set(rows).size !== rows.length) this.#wrong('rows are there twice');
  }

  #committed(version: number, bytes: Uint8Array, host: string): void {
    if (version !== this.versions.length) {
      this.#wrong(`${host} committed version ${version} after ${this.latest}`);
    }
    const live = new Set(this.versions.at(-1)?.live);
    const added: string[] = [];
    const removed: string[] = [];
    let rearranges = true;
    let operation: string | undefined;
    let kind: string | undefined;
    for (const line of decode(bytes).trim().split('\n')) {
      const { add, remove, commitInfo } = JSON.parse(line) as Line;
      if (commitInfo) [operation, kind] = [commitInfo.chaosOperation, commitInfo.chaosKind];
      if (add) added.push(add.path);
      if (remove) removed.push(remove.path);
      if ((add ?? remove)?.dataChange === true) rearranges = false;
    }
    for (const path of removed) {
      if (!live.delete(path))
        this.#wrong(`version ${version} (${operation}) removes ${path}, which isn't in it`);
    }
    for (const path of added) {
      if (live.has(path)) this.#wrong(`version ${version} (${operation}) adds ${path} again`);
      if (!this.#there.has(path))
        this.#wrong(`version ${version} (${operation}) adds ${path}, which is gone`);
      live.add(path);
    }
    const rowsOf = (paths: readonly string[]): string =>
      paths
        .flatMap((path) => this.#files.get(path)?.rows ?? [])
        .sort()
        .join();
    if (rearranges && rowsOf(added) !== rowsOf(removed))
      this.#wrong(`version ${version} rearranges other rows`);
    if (kind === 'overwrite' && live.size !== added.length) {
      this.#wrong(`version ${version} (${operation}) overwrote, and kept rows it never saw`);
    }
    this.versions.push({ operation, atMs: this.#world.nowMs, live });
  }

  #came(path: string, rows: readonly string[], by: string): void {
    this.#there.add(path);
    this.#files.set(path, { rows, atMs: this.#world.nowMs, by });
  }

  #wrong(what: string): void {
    this.#world.note('WRONG', `${this.name}: ${what}`);
    this.violations.push(`${this.name}: ${what}`);
  }
}

interface Line {
  readonly add?: { readonly path: string; readonly dataChange?: boolean };
  readonly remove?: { readonly path: string; readonly dataChange?: boolean };
  readonly commitInfo?: { readonly chaosOperation?: string; readonly chaosKind?: string };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What truly happened to a catalog and its leases, and the promises that are held against it. */
import {
  applyChanges,
  type CatalogChanges,
  type CatalogRelation,
  type Generation,
  type Lease,
} from '../../../src/catalog/index.ts';
import type { Witness } from './simulated-storage.ts';
import type { Told } from './table-ledger.ts';
import type { World } from './world.ts';

interface Held {
  readonly token: string;
  /** When the holder was last heard of, by the store's clock. */
  heardMs: number;
  /** The longest it wasn't heard of. */
  gapMs: number;
  isReleased: boolean;
}

/** The truth about one catalog. */
export class CatalogLedger implements Witness {
  readonly generations: Generation[] = [];
  readonly #createdMs: number[] = [];
  readonly #removed = new Set<number>();
  /** What each publication means to do. */
  readonly changes: Map<string, CatalogChanges> = new Map();
  readonly told: Map<string, Told> = new Map();
  readonly violations: string[];
  readonly #world: World;
  readonly #graceMs: number;
  readonly #leaseMs: number;
  readonly #leases = new Map<string, Map<number, Held>>();

  constructor(
    world: World,
    violations: string[],
    limits: { readonly graceMs: number; readonly leaseMs: number },
  ) {
    this.#world = world;
    this.violations = violations;
    this.#graceMs = limits.graceMs;
    this.#leaseMs = limits.leaseMs;
  }

  get latest(): number {
    return this.generations.length;
  }

  created(path: string, bytes: Uint8Array, host: string): void {
    const [, number] = /^_boathouse\/catalog\/(\d{20})\.json$/.exec(path) ?? [];
    if (number !== undefined) this.#published(Number(number), bytes, host);
    const lease = leaseOf(path);
    if (lease) this.#taken(lease.name, lease.number, bytes, host);
  }

  replaced(path: string, bytes: Uint8Array, host: string): void {
    if (/catalog\/\d{20}\.json$/.test(path)) this.#wrong(`${host} overwrote ${path}`);
    const lease = leaseOf(path);
    const held = lease && this.#leases.get(lease.name)?.get(lease.number);
    if (!held) return;
    const record = parse(bytes) as { readonly released: boolean };
    held.gapMs = Math.max(held.gapMs, this.#world.nowMs - held.heardMs);
    held.heardMs = this.#world.nowMs;
    held.isReleased ||= record.released;
  }

  removed(path: string, host: string): void {
    const [, digits] = /^_boathouse\/catalog\/(\d{20})\.json$/.exec(path) ?? [];
    if (digits === undefined) return;
    const number = Number(digits);
    this.#removed.add(number);
    const supersededMs = this.#createdMs[number];
    if (supersededMs === undefined) this.#wrong(`${host} removed generation ${number}, the newest`);
    else if (supersededMs > this.#world.nowMs - this.#graceMs) {
      const seconds = (this.#world.nowMs - supersededMs) / 1000;
      this.#wrong(`${host} removed generation ${number}, superseded ${seconds} s ago`);
    }
  }

  /** What a reader saw, who began to look when `least` was the newest. */
  read(generation: Generation | undefined, least: number, by: string): void {
    const number = generation?.number ?? 0;
    if (number < least) this.#wrong(`${by} read generation ${number} after ${least} had been made`);
    const truth = this.generations[number - 1];
    if (generation && JSON.stringify(generation) !== JSON.stringify(truth)) {
      this.#wrong(`${by} read another generation ${number} than was published`);
    }
  }

  /** The relations of the generations that readers may still hold. */
  *kept(): Generator<CatalogRelation, void, undefined> {
    for (const [index, generation] of this.generations.entries()) {
      const supersededMs = this.#createdMs[index + 1] ?? Number.POSITIVE_INFINITY;
      if (supersededMs > this.#world.nowMs - this.#graceMs) yield* generation.relations;
    }
  }

  /** The versions of a table that the generations show which are still there. */
  pinnedOf(table: string): ReadonlySet<number> {
    const pinned = new Set<number>();
    for (const { number, relations } of this.generations) {
      if (this.#removed.has(number)) continue;
      for (const { name, deltaVersion } of relations)
        if (name === table && deltaVersion !== null) pinned.add(deltaVersion);
    }
    return pinned;
  }

  /** The highest number of a lease that stands by now. */
  highest(name: string): number {
    return Math.max(0, ...(this.#leases.get(name)?.keys() ?? []));
  }

  /** A holder was told that it still is one; `least` is what `highest` said before it asked. */
  checked(name: string, lease: Lease, least: number, by: string): void {
    if (least > lease.number) {
      this.#wrong(`${by} holds ${name} as ${lease.number} and wasn't told of ${least}`);
    }
  }

  settle(): void {
    for (const [publication, told] of this.told) {
      const made = this.generations.filter(({ runId }) => runId === publication).map(({ number }) => number);
      if (made.length > 1) this.#wrong(`${publication} was published as ${made.join(' and ')}`);
      if (told.kind === 'committed' && made[0] !== told.version) {
        this.#wrong(`${publication} was told generation ${told.version}, and is in ${made.join() || 'none'}`);
      }
      if (told.kind === 'failed' && made.length > 0) {
        this.#wrong(`${publication} was told that it failed, and is generation ${made.join()}`);
      }
    }
  }

  #published(number: number, bytes: Uint8Array, host: string): void {
    // Given to whoever stood still until it was swept: nobody may be told that it counts.
    if (number <= this.latest && this.#removed.has(number)) {
      this.#world.note(host, `makes generation ${number} again`);
      return;
    }
    if (number !== this.latest + 1) this.#wrong(`${host} made generation ${number} after ${this.latest}`);
    const {
      boathouse: _,
      format: __,
      ...generation
    } = parse(bytes) as unknown as Generation & Record<string, unknown>;
    const before = this.generations.at(-1)?.relations ?? [];
    const changes = this.changes.get(generation.runId) ?? { upserts: [], removals: [] };
    if (JSON.stringify(applyChanges(before, changes)) !== JSON.stringify(generation.relations)) {
      this.#wrong(`generation ${number} isn't the one before with the changes of ${generation.runId}`);
    }
    this.generations.push(generation);
    this.#createdMs.push(this.#world.nowMs);
  }

  #taken(name: string, number: number, bytes: Uint8Array, host: string): void {
    const { token } = (parse(bytes) as { readonly holder: { readonly token: string } }).holder;
    const all = this.#leases.get(name) ?? new Map<number, Held>();
    this.#leases.set(name, all);
    const highest = this.highest(name);
    const before = all.get(highest);
    const silentMs = before ? Math.max(before.gapMs, this.#world.nowMs - before.heardMs) : 0;
    if (number > highest && before && !before.isReleased && silentMs <= this.#leaseMs) {
      this.#wrong(`${host} took ${name} from a holder that was heard of ${silentMs / 1000} s ago`);
    }
    if (number > highest) all.set(number, { token, heardMs: this.#world.nowMs, gapMs: 0, isReleased: false });
  }

  #wrong(what: string): void {
    this.#world.note('WRONG', `catalog: ${what}`);
    this.violations.push(`catalog: ${what}`);
  }
}

function leaseOf(path: string): { readonly name: string; readonly number: number } | undefined {
  const [, name, number] = /^_boathouse\/leases\/([^/]+)\/(\d{20})\.json$/.exec(path) ?? [];
  return name === undefined ? undefined : { name, number: Number(number) };
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** One run of the simulation: three hosts, two tables and a catalog, and all the trouble a seed has in store. */
import { fixedClock, isBoathouseError, seededRandom } from '../../../src/base/index.ts';
import type { acquireLease } from '../../../src/catalog/index.ts';
import { memoryRows, testMetadata } from '../../../src/delta/contract.ts';
import { commitActions, readSnapshot } from '../../../src/delta/index.ts';
import { MemoryStorage, type Storage, wrapStorage } from '../../../src/storage/index.ts';
import { CatalogLedger } from './catalog-ledger.ts';
import { type CatalogAtHost, catalogOperations } from './catalog-operations.ts';
import { SimulatedStorage, type Store, type Weather, type Witness } from './simulated-storage.ts';
import { TableLedger } from './table-ledger.ts';
import { isTold, type TableAtHost, tableOperations } from './table-operations.ts';
import { Host, World } from './world.ts';

/** What a test may break on purpose. */
export interface Sabotage {
  /** Stands between the hosts and a store. */
  readonly storage?: (storage: Storage) => Storage;
  readonly acquire?: typeof acquireLease;
  /** Stands between a vacuum and the lake above its table. */
  readonly lake?: (storage: Storage) => Storage;
}

/** What came of a run. */
export interface Outcome {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly versions: number;
  readonly generations: number;
  readonly done: ReadonlyMap<string, number>;
}

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 5, 9);
const retentionMs = 6 * hourMs;
const leaseMs = 60_000;
const graceMs = hourMs / 4;

const lakeUri = 'sim://lake';

/** Everything happens within so much simulated time, or hangs. */
const limitMs = 60 * 24 * hourMs;

/** How much is done by each host. */
const operationsPerHost = 30;

/** The run of `seed`. Never throws for what the code under test does: that is among the violations. */
export async function simulate(seed: number, sabotage: Sabotage = {}): Promise<Outcome> {
  const world = new World(seed, startMs);
  const violations: string[] = [];
  const done = new Map<string, number>();
  const clock = { ...fixedClock(0), nowMs: () => Math.floor(world.nowMs) };
  // The tables stand below the lake, whose generations pin their versions.
  const storeOf = (uri: string, witness: Witness): Store => ({
    name: uri.replace(/^.*\//, ''),
    inner: wrapStorage(new MemoryStorage(uri, clock), { uri, locate: (path) => `${uri}/${path}` }),
    witness,
    times: undefined,
  });
  const tables = ['orders', 'events'].map((name) => new TableLedger(name, world, violations, retentionMs));
  const stores = tables.map((ledger) => storeOf(`${lakeUri}/${ledger.name}`, ledger));
  const catalog = new CatalogLedger(world, violations, { graceMs, leaseMs });
  const catalogStore = storeOf(lakeUri, catalog);
  for (const ledger of tables) ledger.pinned = () => catalog.pinnedOf(ledger.name);
  // The sweep looks for what runs have left on the disk, too: there is nothing.
  const { inner } = catalogStore;
  const onNoDisk = wrapStorage(inner, { locate: (path) => `/nowhere/${path}` });
  const store: Store = { ...catalogStore, inner: onNoDisk };
  for (const [index, store] of stores.entries()) await createTable(store, seed + index);

  const weather = weatherOf(world);
  const skews = world.random.fraction() < 0.5 ? [0, 0, 0] : [-hourMs / 2, 0, hourMs / 2];
  const hosts = skews.map((skewMs, index) => new Host(world, `host${index}`, skewMs, seed * 10 + index));
  let names = 0;
  const nextName = (): string => `n${++names}`;

  for (const host of hosts) {
    world.hostBegan();
    let left = operationsPerHost;
    const work = async (): Promise<void> => {
      const reach = (to: Store): Storage => {
        const storage = new SimulatedStorage(to, host.life, weather);
        return sabotage.storage?.(storage) ?? storage;
      };
      const atTables: TableAtHost[] = stores.map((store, index) => ({
        host,
        storage: reach(store),
        ledger: tables[index] as TableLedger,
        retentionMs,
        nextName,
        handle: undefined,
      }));
      const atCatalog: CatalogAtHost = {
        host,
        log: { storage: reach(store) },
        ledger: catalog,
        tables,
        leaseMs,
        graceMs,
        nextName,
        ...(sabotage.acquire ? { acquire: sabotage.acquire } : {}),
      };
      while (left > 0) {
        left -= 1;
        await host.clock().sleep(pauseMs(world));
        plague(world, host, kill);
        const operation = pick(world, atTables, atCatalog);
        done.set(operation.name, (done.get(operation.name) ?? 0) + 1);
        try {
          await operation.run();
        } catch (error) {
          if (isTold(error)) continue;
          const text = isBoathouseError(error)
            ? `${error.code}: ${error.message}`
            : String((error as Error)?.stack);
          violations.push(`${host.name}: ${operation.name} failed with ${text}`);
        }
      }
    };
    const open = (uri: string): Storage | undefined => {
      const asked = [store, ...stores].find(({ inner: { uri: known } }) => known === uri);
      if (asked === undefined) return undefined;
      const storage = new SimulatedStorage(asked, host.life, weather);
      return asked === store ? (sabotage.lake?.(storage) ?? storage) : storage;
    };
    const ended = (error?: unknown): void => {
      if (error !== undefined) violations.push(`${host.name}: ${String(error)}`);
      world.hostEnded();
    };
    const kill = (): void => {
      if (host.life.isOver) return;
      host.kill();
      // Now and then at once: with what the dead process had sent still on its way.
      const backMs = world.random.fraction() < 0.5 ? world.between(100, 5_000) : world.between(5_000, hourMs);
      world.after(backMs, () => host.start(open, work, ended));
    };
    host.start(open, work, ended);
  }

  try {
    await world.run(limitMs, () => hosts.map(({ life }) => life));
    await world.drain();
    await judge(stores, tables, catalog);
  } catch (error) {
    violations.push(String(error));
  }
  const versions = tables.reduce((sum, { latest }) => sum + latest, 0);
  return { violations, trace: world.trace, versions, generations: catalog.latest, done };
}

/** What is in the stores when everything is over is what the ledgers say. */
async function judge(
  stores: readonly Store[],
  tables: readonly TableLedger[],
  catalog: CatalogLedger,
): Promise<void> {
  for (const [index, ledger] of tables.entries()) {
    const store = stores[index] as Store;
    const snapshot = await readSnapshot(store.inner, { rows: memoryRows, clock: fixedClock(0) });
    ledger.read(snapshot, ledger.latest, 'the end');
    ledger.readable(ledger.latest, 'the end');
    ledger.settle();
  }
  catalog.settle();
}

async function createTable(store: Store, seed: number): Promise<void> {
  const keepsTimes = seed % 3 === 0;
  await commitActions(store.inner, {
    readSnapshot: undefined,
    actions: [
      {
        kind: 'protocol',
        minReaderVersion: 1,
        minWriterVersion: 7,
        writerFeatures: ['appendOnly', 'invariants', ...(keepsTimes ? ['inCommitTimestamp'] : [])],
      },
      testMetadata({
        'delta.checkpointInterval': String(3 + (seed % 5)),
        'delta.logRetentionDuration': 'interval 6 hours',
        'delta.deletedFileRetentionDuration': 'interval 6 hours',
        ...(keepsTimes ? { 'delta.enableInCommitTimestamps': 'true' } : {}),
        ...(seed % 4 === 0 ? { 'delta.isolationLevel': 'Serializable' } : {}),
      }),
    ],
    operation: { name: 'CREATE TABLE' },
    isBlindAppend: true,
    read: 'none',
    rows: memoryRows,
    clock: fixedClock(startMs - hourMs),
    random: seededRandom(seed),
  });
  for await (const { path } of store.inner.list('')) {
    store.witness.created(path, await store.inner.read(path), 'genesis');
  }
}

/** How bad it is in a run. */
export function weatherOf(world: World): Weather {
  const share = (most: number): number =>
    world.random.fraction() < 0.3 ? 0 : world.random.fraction() * most;
  return {
    slow: share(0.06),
    busy: share(0.12),
    lost: share(0.06),
    unheard: share(0.08),
    late: share(0.06),
    pageMax: world.random.fraction() < 0.5 ? 1000 : world.between(1, 8),
  };
}

/** Mostly moments, so that hosts meet; sometimes until a clock strikes, so that things grow old and all meet again. */
function pauseMs(world: World): number {
  const roll = world.random.fraction();
  if (roll < 0.75) return world.between(0, 400);
  if (roll < 0.85) return world.between(500, 300_000);
  const strikeMs = 3 * hourMs;
  return strikeMs - ((world.nowMs - world.startMs) % strikeMs) + world.between(0, 500);
}

/** Freezes, cuts or kills the host in the middle of what it begins now, now and then. */
export function plague(world: World, host: Host, kill: () => void): void {
  if (world.random.fraction() > 0.2) return;
  const inMs = world.random.fraction() < 0.7 ? world.between(1, 600) : world.between(600, 60_000);
  world.after(inMs, () => {
    const roll = world.random.fraction();
    if (roll < 0.45) {
      const isShort = world.random.fraction() < 0.4;
      host.freeze(isShort ? world.between(10, 20_000) : world.between(leaseMs, 20 * 60_000));
    } else if (roll < 0.75) host.cut(world.between(100, 180_000));
    else kill();
  });
}

function pick(
  world: World,
  tables: readonly TableAtHost[],
  catalog: CatalogAtHost,
): { readonly name: string; readonly run: () => Promise<void> } {
  const table = tables[world.between(0, tables.length - 1)] as TableAtHost;
  const all = [
    ...Object.entries(tableOperations).map(([name, [share, run]]) => ({
      name,
      share,
      run: () => run(table),
    })),
    ...Object.entries(catalogOperations).map(([name, [share, run]]) => ({
      name,
      share,
      run: () => run(catalog),
    })),
  ];
  let roll = world.random.fraction() * all.reduce((sum, { share }) => sum + share, 0);
  for (const operation of all) {
    roll -= operation.share;
    if (roll < 0) return operation;
  }
  throw new Error('the shares make up the whole');
}

/** What hosts do to a catalog: publish, read, take a lease, sweep. */
import { isBoathouseError } from '../../../src/base/index.ts';
import {
  acquireLease,
  type CatalogLog,
  type CatalogRelation,
  type Lease,
  publishGeneration,
  readGeneration,
  sweepCatalog,
} from '../../../src/catalog/index.ts';
import { cautiousNowMs } from '../../../src/storage/index.ts';
import type { CatalogLedger } from './catalog-ledger.ts';
import type { TableLedger } from './table-ledger.ts';
import type { Host } from './world.ts';

/** A catalog as one process uses it. */
export interface CatalogAtHost {
  readonly host: Host;
  readonly log: CatalogLog;
  readonly ledger: CatalogLedger;
  readonly tables: readonly TableLedger[];
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly nextName: () => string;
  /** The lease that is taken; a broken one where a test wants to see it caught. */
  readonly acquire?: typeof acquireLease;
}

/** Every kind of operation on a catalog, with how often it is done. */
export const catalogOperations: Readonly<
  Record<string, readonly [number, (at: CatalogAtHost) => Promise<void>]>
> = {
  publish: [12, publish],
  'read the catalog': [10, readCatalog],
  'hold a lease': [10, holdLease],
  sweep: [6, sweep],
};

async function publish(at: CatalogAtHost): Promise<void> {
  const { host, ledger, log, tables } = at;
  const { world } = host;
  const runId = at.nextName();
  const relations = tables.map((table) => pinOf(table, log.storage.uri, runId));
  const other = relationOf(`view${world.between(1, 4)}`, runId);
  const isRemoved = world.random.fraction() < 0.3;
  const changes = {
    upserts: isRemoved ? relations : [...relations, other],
    removals: isRemoved ? [other] : [],
  };
  ledger.changes.set(runId, changes);
  ledger.told.set(runId, { kind: 'unknown' });
  world.note(host.name, `begins to publish ${runId}`);
  const made = await publishGeneration(log, changes, {
    runId,
    clock: host.clock(),
    random: host.random,
  }).catch((error: unknown) => {
    if (isBoathouseError(error, 'catalog.publish-contended')) ledger.told.set(runId, { kind: 'failed' });
    throw error;
  });
  if (made) ledger.told.set(runId, { kind: 'committed', version: made.number });
}

async function sweep({ host, log, graceMs }: CatalogAtHost): Promise<void> {
  const nowMs = await cautiousNowMs(log.storage, '_boathouse/catalog/_time', host.clock());
  await sweepCatalog(log, { graceMs, nowMs });
}

/** A relation that shows the table as it is now, as those of runs do: its version, and a view of its very files. */
function pinOf({ name, latest, versions }: TableLedger, lake: string, runId: string): CatalogRelation {
  const location = `${lake}/${name}`;
  const files = [...(versions[latest]?.live ?? [])].map((path) => `'${location}/${path}'`);
  const sql = `select * from read_parquet([${files.join(', ')}])`;
  return { ...relationOf(name, runId), kind: 'delta', format: 'delta', deltaVersion: latest, location, sql };
}

function relationOf(name: string, runId: string): CatalogRelation {
  return {
    database: 'lake',
    schema: 'main',
    name,
    kind: 'view',
    sql: `select '${runId}'`,
    location: null,
    format: null,
    deltaVersion: null,
    pins: [],
    columns: [],
    comment: null,
    runId,
    uniqueId: null,
  };
}

/** Reads the newest generation, holds it for a while, and finds everything it pins. */
async function readCatalog(at: CatalogAtHost): Promise<void> {
  const { host, ledger, log, tables } = at;
  const least = ledger.latest;
  const generation = await readGeneration(log);
  ledger.read(generation, least, host.name);
  await host.clock().sleep(host.world.between(0, 600_000));
  for (const { name, deltaVersion } of generation?.relations ?? []) {
    const table = tables.find((candidate) => candidate.name === name);
    // However old the version is: the generation was the newest a moment ago, and holds it.
    if (table && deltaVersion !== null) table.readable(deltaVersion, host.name);
  }
}

/** Takes the lease, works, and asks before each step whether it is still its own. */
async function holdLease(at: CatalogAtHost): Promise<void> {
  const { host, ledger, log, acquire = acquireLease } = at;
  const { world } = host;
  const name = `turn${world.between(1, 2)}`;
  const clock = host.clock();
  let lease: Lease;
  try {
    lease = await acquire(log.storage, name, {
      purpose: `${host.name} works`,
      timeoutMs: 900_000,
      timeToLiveMs: at.leaseMs,
      clock,
      random: host.random,
    });
  } catch (error) {
    if (!isBoathouseError(error, 'catalog.lease-timeout')) throw error;
    return;
  }
  world.note(host.name, `holds ${name} as ${lease.number}`);
  const steps = world.between(1, 4);
  try {
    for (let step = 0; step < steps; step += 1) {
      await clock.sleep(world.between(100, 60_000));
      const least = ledger.highest(name);
      await lease.check();
      ledger.checked(name, lease, least, host.name);
    }
  } catch (error) {
    if (!isBoathouseError(error, 'catalog.lease-lost')) throw error;
    world.note(host.name, `lost ${name} as ${lease.number}`);
  } finally {
    await lease.release();
  }
}

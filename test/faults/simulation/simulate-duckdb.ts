/**
 * A run of three hosts that write real rows with DuckDB into real files, over the same store in trouble.
 *
 * Merges count: every one adds 1 to the same few rows, so that a lost or doubled merge shows in the sum.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isBoathouseError } from '../../../src/base/index.ts';
import { LocalStorage, type Storage } from '../../../src/storage/index.ts';
import { DeltaTable } from '../../../src/tables/index.ts';
import { saysNothingCommitted } from '../../../src/tables/transact.ts';
import { type Outcome, plague, weatherOf } from './simulate.ts';
import { SimulatedStorage, type Store } from './simulated-storage.ts';
import { TableLedger } from './table-ledger.ts';
import { Host, World } from './world.ts';

const hourMs = 3_600_000;
const retentionHours = 6;
const operationsPerHost = 12;
const keys = 5;

/** The run of `seed`, in a folder of its own below `folder`. */
export async function simulateDuckdb(seed: number, folder: string): Promise<Outcome> {
  const startMs = Math.floor(Date.now() / hourMs) * hourMs;
  const world = new World(seed, startMs);
  const violations: string[] = [];
  const done = new Map<string, number>();
  const ledger = new TableLedger('rows', world, violations, retentionHours * hourMs);
  const root = join(folder, `seed-${seed}`);
  await mkdir(root, { recursive: true });
  await DeltaTable.create(root, {
    schema: 'id BIGINT, n BIGINT',
    properties: {
      'delta.checkpointInterval': '4',
      ...(seed % 2 === 0 ? { 'delta.enableDeletionVectors': 'true' } : {}),
    },
  });
  const table = await DeltaTable.open(root);
  await table.append({ sql: `SELECT range AS id, 0 AS n FROM range(${keys})` });
  const times = new Map<string, number>();
  const store: Store = { name: 'rows', inner: new LocalStorage(root), witness: ledger, times };
  for await (const { path } of store.inner.list('')) {
    times.set(path, startMs - hourMs);
    if (!path.startsWith('_delta_log/')) ledger.created(path, new Uint8Array(), 'genesis');
  }
  for await (const { path } of store.inner.list('_delta_log/')) {
    ledger.created(path, await store.inner.read(path), 'genesis');
  }

  const weather = weatherOf(world);
  const hosts = [0, 1, 2].map(
    (index) => new Host(world, `host${index}`, (index - 1) * hourMs, seed * 10 + index),
  );
  let names = 0;
  for (const host of hosts) {
    world.hostBegan();
    let left = operationsPerHost;
    const uri = pathToFileURL(root).href;
    const open = (asked: string): Storage | undefined =>
      asked === root || asked === uri ? new SimulatedStorage(store, host.life, weather) : undefined;
    const kill = (): void => {
      if (host.life.isOver) return;
      host.kill();
      world.after(world.between(100, 60_000), () => host.start(open, work, ended));
    };
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await host.clock().sleep(world.random.fraction() < 0.8 ? world.between(0, 300) : 4 * hourMs);
        plague(world, host, kill);
        names += 1;
        const name = `o${names}`;
        const kind = kinds[world.between(0, kinds.length - 1)] as Kind;
        done.set(kind, (done.get(kind) ?? 0) + 1);
        ledger.told.set(name, { kind: 'unknown' });
        world.note(host.name, `begins to ${kind} ${name}`);
        try {
          const version = await operate(kind, names, root, { chaosOperation: name, chaosKind: kind });
          if (version !== undefined) ledger.told.set(name, { kind: 'committed', version });
        } catch (error) {
          if (saysNothingCommitted(error)) ledger.told.set(name, { kind: 'failed' });
          const isTold =
            isBoathouseError(error, 'delta.commit-conflict') ||
            isBoathouseError(error, 'storage.unreachable');
          if (!isTold) violations.push(`${host.name}: ${kind} failed with ${String((error as Error).stack)}`);
        }
      }
    };
    const ended = (error?: unknown): void => {
      if (error !== undefined) violations.push(`${host.name}: ${String(error)}`);
      world.hostEnded();
    };
    host.start(open, work, ended);
  }

  try {
    await world.run(30 * 24 * hourMs, () => hosts.map(({ life }) => life));
    await world.drain();
    // The last of what was on its way is the disk's.
    await new Promise((resolve) => setTimeout(resolve, 100));
    ledger.settle();
    violations.push(...(await judge(root)));
  } catch (error) {
    violations.push(String(error));
  }
  if (violations.length === 0) await rm(root, { recursive: true, force: true });
  return { violations, trace: world.trace, versions: ledger.latest, generations: 0, done };
}

type Kind = (typeof kinds)[number];
const kinds = ['append', 'append', 'count', 'count', 'delete', 'optimize', 'vacuum', 'read'] as const;

/** @returns the version that it made, when it made one. */
async function operate(
  kind: Kind,
  number: number,
  root: string,
  commitMetadata: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const table = await DeltaTable.open(root);
  switch (kind) {
    case 'append': {
      const sql = `SELECT ${number * 1000} + range AS id, ${number} AS n FROM range(3)`;
      return (await table.append({ sql }, { commitMetadata })).version;
    }
    case 'count': {
      const source = { sql: `SELECT range AS id FROM range(${keys})` };
      const { version } = await table
        .merge({ source, on: 's.id = t.id', sourceAlias: 's', targetAlias: 't' }, { commitMetadata })
        .whenMatchedUpdate({ set: { n: 't.n + 1' } })
        .execute();
      return version;
    }
    case 'delete': {
      const result = await table.delete(`id >= 1000 AND id % 7 = ${number % 7}`, { commitMetadata });
      return result.changed ? result.version : undefined;
    }
    case 'optimize': {
      const result = await table.optimize({}, { commitMetadata });
      return result.changed ? result.version : undefined;
    }
    case 'vacuum':
      // Its two commits have one account: they aren't told apart here.
      await table.vacuum({ retentionHours, enforceRetention: false });
      return undefined;
    case 'read': {
      const rows = await table.toRows();
      const [problem] = checkRows(rows);
      if (problem !== undefined) throw new Error(problem);
      return undefined;
    }
  }
}

function checkRows(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const problems: string[] = [];
  const ids = rows.map(({ id }) => String(id));
  if (new Set(ids).size !== ids.length) problems.push('a row is there twice');
  const counted = rows.filter(({ id }) => Number(id) < keys);
  if (counted.length !== keys) problems.push(`${counted.length} of ${keys} counted rows are there`);
  if (new Set(counted.map(({ n }) => String(n))).size > 1) problems.push('half of a merge is there');
  return problems;
}

/** The rows are those of the commits that stand, in their order. */
async function judge(root: string): Promise<string[]> {
  const table = await DeltaTable.open(root);
  const rows = await table.toRows();
  const problems = checkRows(rows);
  const history = await table.history();
  const merges = history.filter(({ commitInfo }) => commitInfo?.['chaosKind'] === 'count').length;
  const counted = rows.find(({ id }) => Number(id) === 0)?.['n'];
  if (Number(counted) !== merges)
    problems.push(`${merges} merges stand, and ${String(counted)} are in the rows`);
  return problems;
}

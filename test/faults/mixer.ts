/**
 * A process that does a seeded mix of everything to one table, and prints a line of JSON for each: what it
 * did, with which version, and how long it took. Conflicts that are told to the caller are printed too.
 */
import { isBoathouseError, seededRandom } from '../../src/base/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';

/** What a mixer is told to do. */
export interface MixerTask {
  readonly table: string;
  readonly writer: number;
  readonly operations: number;
  readonly seed: number;
  /** How often each kind of operation is chosen, in shares. */
  readonly shares: Readonly<Partial<Record<MixedKind, number>>>;
}

/** The kinds of operations, and in which SQL a serial replay does the same. */
export type MixedKind =
  | 'append'
  | 'own-update'
  | 'shared-update'
  | 'merge'
  | 'own-delete'
  | 'shared-delete'
  | 'replace'
  | 'overwrite'
  | 'compact';

/** What was done. `n` tells the operation's values, see `valuesOf`. */
export interface Mixed {
  readonly kind: MixedKind;
  readonly writer: number;
  readonly n: number;
  readonly ms: number;
  /** Absent where nothing had to be committed, or a conflict was told. */
  readonly version?: number;
  readonly conflict?: boolean;
}

/** What an operation is made of, as SQL; a serial replay uses the same. */
export interface MixedValues {
  rows(count: number, grouped?: number): string;
  readonly source: string;
  readonly own: string;
  readonly ownDeleted: string;
  readonly shared: string;
  readonly sharedDeleted: string;
  readonly group: string;
  readonly groupNumber: number;
  readonly set: string;
}

/** The SQL parts of operation `n` of a writer. */
export function valuesOf(writer: number, n: number): MixedValues {
  const first = writer * 1_000_000 + n * 10;
  const group = n % 8;
  return {
    rows: (count: number, grouped?: number) =>
      `SELECT CAST(${first} + j AS BIGINT) AS k, CAST(${writer} AS INT) AS w, CAST(${grouped ?? `(${n} + j) % 8`} AS INT) AS g, CAST(${n} AS BIGINT) AS v FROM range(${count}) t(j)`,
    /** Keys that all writers share, so that whoever comes second must see the first. */
    source: `SELECT CAST(-1 - (${n} * 7 + j * ${writer + 1}) % 40 AS BIGINT) AS k, CAST(${writer} AS INT) AS w, CAST(${group} AS INT) AS g, CAST(${n} AS BIGINT) AS v FROM range(1) t(j)`,
    own: `w = ${writer} AND k % 5 = ${n % 5}`,
    ownDeleted: `w = ${writer} AND k % 7 = ${n % 7}`,
    shared: `g = ${group} AND w % 2 = ${n % 2}`,
    sharedDeleted: `g = ${group} AND k % 11 = ${n % 11}`,
    group: `g = ${group}`,
    groupNumber: group,
    /** Not commutative: the order of two updates shows. */
    set: `(v * 3 + ${n + writer}) % 1000003`,
  };
}

if (process.argv[2] !== undefined) await work(JSON.parse(process.argv[2]) as MixerTask);

async function work(task: MixerTask): Promise<void> {
  const random = seededRandom(task.seed * 100 + task.writer);
  const table = await DeltaTable.open(task.table);
  const kinds = Object.entries(task.shares) as [MixedKind, number][];
  const all = kinds.reduce((sum, [, share]) => sum + share, 0);
  for (let n = 0; n < task.operations; n += 1) {
    let at = random.fraction() * all;
    let kind: MixedKind = 'append';
    for (const [each, share] of kinds) {
      kind = each;
      at -= share;
      if (at < 0) break;
    }
    const start = performance.now();
    const about = { kind, writer: task.writer, n };
    const tell = (more: object): void => {
      console.log(JSON.stringify({ ...about, ms: Math.round(performance.now() - start), ...more }));
    };
    try {
      const version = await perform(table, kind, task.writer, n);
      tell(version === undefined ? {} : { version });
    } catch (error) {
      if (!isBoathouseError(error, 'delta.commit-conflict')) throw error;
      tell({ conflict: true });
    }
  }
}

async function perform(
  table: DeltaTable,
  kind: MixedKind,
  writer: number,
  n: number,
): Promise<number | undefined> {
  const values = valuesOf(writer, n);
  const changed = (result: { changed: boolean; version: number }): number | undefined =>
    result.changed ? result.version : undefined;
  switch (kind) {
    case 'append':
      return (await table.append({ sql: values.rows(3) })).version;
    case 'own-update':
      return changed(await table.update({ set: { v: values.set }, where: values.own }));
    case 'shared-update':
      return changed(await table.update({ set: { v: values.set }, where: values.shared }));
    case 'own-delete':
      return changed(await table.delete(values.ownDeleted));
    case 'shared-delete':
      return changed(await table.delete(values.sharedDeleted));
    case 'merge':
      return changed(
        await table
          .merge({ source: { sql: values.source }, on: 'source.k = target.k' })
          .whenMatchedUpdate({ set: { v: '(target.v * 3 + source.v + 1) % 1000003', w: 'source.w' } })
          .whenNotMatchedInsertAll()
          .execute(),
      );
    case 'replace':
      return (
        await table.overwrite({ sql: values.rows(2, values.groupNumber) }, { replaceWhere: values.group })
      ).version;
    case 'overwrite':
      await table.refresh();
      return (await table.overwrite({ sql: values.rows(8) })).version;
    case 'compact':
      return changed(await table.optimize());
  }
}

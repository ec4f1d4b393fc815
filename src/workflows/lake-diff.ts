/** `diff`: what differs between two generations, or between a branch and what it began with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import {
  type CatalogRelation,
  differences,
  type Generation,
  nameIn,
  type RelationDifference,
  requireHead,
} from '../catalog/index.ts';
import { quoteIdentifier, quoteLiteral, quotePath } from '../duckdb/index.ts';
import { openStorage } from '../storage/index.ts';
import { workflowErrors } from './errors.ts';
import { cellOf, type Grid } from './grid.ts';
import {
  generationOf,
  type Lake,
  type LakeOptions,
  onBranchOf,
  openLake,
  ownRelations,
  rootOf,
} from './lake.ts';
import { buildPast } from './past-catalog.ts';
import { openReaderOf, type Reader } from './reader.ts';

/** Which two states are compared, and how closely. */
export type LakeDiffOptions = LakeOptions & {
  /** Look for rows that differ. */
  readonly rows?: boolean | undefined;
  /** Columns by which rows belong together; whole rows unless given. */
  readonly key?: readonly string[] | undefined;
  /** Rows of each relation at most; 20 unless given. */
  readonly limit?: number | undefined;
} & (
    | { readonly a: string; readonly b?: string | undefined }
    /** A branch, compared with the generation that it began with. */
    | { readonly branchName: string }
  );

/** A column that only one side has, or that has another type. */
export interface ColumnDiff {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A relation that differs. */
export interface RelationDiff {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: CatalogRelation['kind'];
  /** Null where the relation isn't there, or can't be read. */
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  readonly columns: readonly ColumnDiff[];
  /** `change` (added, removed; before and after of a changed one) and the columns; only where rows were asked for. */
  readonly rows?: Grid;
}

/** How two states differ. */
export interface LakeDiff {
  readonly a: { readonly branch: string | null; readonly generation: number };
  readonly b: { readonly branch: string | null; readonly generation: number };
  readonly relations: readonly RelationDiff[];
}

interface Side {
  readonly lake: Lake;
  readonly generation: Generation;
}

/** @throws catalog.no-such-generation, workflows.bad-version, workflows.bad-key, workflows.tables-not-kept, catalog.no-branch */
export async function lakeDiff(options: LakeDiffOptions): Promise<LakeDiff> {
  const [a, b] = await sidesOf(options);
  const differing = differences(
    ownRelations(a.lake, a.generation),
    ownRelations(b.lake, b.generation),
  ).filter(({ before, after }) => (before ?? after)?.kind !== 'macro');
  const about = ({ lake, generation }: Side): LakeDiff['a'] => ({
    branch: lake.branch ?? null,
    generation: generation.number,
  });
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-diff-'));
  try {
    const before = await lookAt(a, differing, 'before', options, folder);
    const after = await lookAt(b, differing, 'after', options, folder);
    const relations = await compare(differing, before, after, options, a.lake.database);
    return { a: about(a), b: about(b), relations };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sidesOf(options: LakeDiffOptions): Promise<readonly [Side, Side]> {
  if (!('branchName' in options)) {
    const lake = await openLake(options);
    const [a, b] = [await generationOf(lake, options.a), await generationOf(lake, options.b)];
    return [
      { lake, generation: a },
      { lake, generation: b },
    ];
  }
  const { branch: _, ...rest } = options;
  const main = await onBranchOf(await openLake(rest), undefined);
  const head = await requireHead(openStorage(rootOf(main), main.storageOptions), options.branchName);
  const lake = await onBranchOf(main, head.name);
  const newest = await generationOf(lake, undefined);
  // The rows that the branch began with are in its own first file, or still pinned by what they began as.
  const base: Generation = { ...newest, number: head.from.generation, relations: head.own };
  const first = head.files === undefined ? await generationOf(lake, '1').catch(() => undefined) : undefined;
  return [
    {
      lake: { ...lake, branch: head.from.branch ?? undefined },
      generation: { ...base, files: head.files ?? first?.files ?? newest.files },
    },
    { lake, generation: newest },
  ];
}

/** What one side has of the relations: how many rows, and the rows themselves as files. */
interface Looked {
  readonly counts: ReadonlyMap<RelationDifference, number>;
  readonly files: ReadonlyMap<RelationDifference, string>;
}

async function lookAt(
  { lake, generation }: Side,
  differing: readonly RelationDifference[],
  side: 'before' | 'after',
  options: LakeDiffOptions,
  folder: string,
): Promise<Looked> {
  const counts = new Map<RelationDifference, number>();
  const files = new Map<RelationDifference, string>();
  const wanted = differing.filter((difference) => difference[side] !== undefined);
  if (wanted.length === 0) return { counts, files };
  const past = await buildPast(lake, generation);
  let reader: Reader | undefined;
  try {
    reader = await openReaderOf(
      { ...options, branch: undefined, ...(options.catalog === undefined ? {} : { catalog: past.path }) },
      past,
    );
    for (const [index, difference] of wanted.entries()) {
      const relation = difference[side];
      if (relation === undefined) continue;
      const name = quotePath([relation.database, relation.schema, relation.name]);
      try {
        counts.set(difference, Number(await reader.session.value(`select count(*) from ${name}`)));
        if (options.rows !== true || difference.before === undefined || difference.after === undefined)
          continue;
        const file = join(folder, `${side}-${index}.parquet`);
        await reader.session.run(`copy (from ${name}) to ${quoteLiteral(file)} (format parquet)`);
        files.set(difference, file);
      } catch (error) {
        // A view over what is gone has no rows to compare.
        if (!isBoathouseError(error)) throw error;
      }
    }
    return { counts, files };
  } finally {
    await reader?.close();
    await past.remove();
  }
}

async function compare(
  differing: readonly RelationDifference[],
  before: Looked,
  after: Looked,
  options: LakeDiffOptions,
  database: string,
): Promise<readonly RelationDiff[]> {
  const found: RelationDiff[] = [];
  for (const difference of differing) {
    const relation = difference.after ?? difference.before;
    if (relation === undefined) continue;
    const [old, now] = [before.files.get(difference), after.files.get(difference)];
    const name = nameIn(relation, database);
    const rows =
      old === undefined || now === undefined
        ? undefined
        : await differingRows(name, difference, old, now, options);
    found.push({
      name,
      change:
        difference.before === undefined ? 'added' : difference.after === undefined ? 'removed' : 'changed',
      kind: relation.kind,
      rowsBefore: before.counts.get(difference) ?? null,
      rowsAfter: after.counts.get(difference) ?? null,
      columns: columnsOf(difference),
      ...(rows === undefined ? {} : { rows }),
    });
  }
  return found;
}

function columnsOf({ before, after }: RelationDifference): readonly ColumnDiff[] {
  if (before === undefined || after === undefined) return [];
  const old = new Map(before.columns.map(({ name, type }) => [name, type]));
  const now = new Map(after.columns.map(({ name, type }) => [name, type]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name) ?? null, now.get(name) ?? null];
    return was === is ? [] : [{ name, before: was, after: is }];
  });
}

/** Rows that only one side has, by the columns that both have; with a key those of one key beside each other. */
async function differingRows(
  name: string,
  { before, after }: RelationDifference,
  old: string,
  now: string,
  { key = [], limit = 20 }: LakeDiffOptions,
): Promise<Grid> {
  const { Database } = await import('../duckdb/index.ts');
  const types = new Map(after?.columns.map((column) => [column.name.toLowerCase(), column.type]));
  const shared = (before?.columns ?? []).filter((column) => types.has(column.name.toLowerCase()));
  const isShared = new Set(shared.map((column) => column.name.toLowerCase()));
  for (const column of key) {
    if (!isShared.has(column.toLowerCase())) throw workflowErrors['bad-key']({ column, table: name });
  }
  const casts = shared.map((column) => {
    const quoted = quoteIdentifier(column.name);
    return `try_cast(${quoted} as ${types.get(column.name.toLowerCase()) ?? column.type}) as ${quoted}`;
  });
  const select = (file: string): string =>
    `select ${casts.join(', ')} from read_parquet(${quoteLiteral(file)})`;
  const same = key.map(
    (column) => `one.${quoteIdentifier(column)} is not distinct from other.${quoteIdentifier(column)}`,
  );
  const side = (own: string, others: string, alone: string, paired: string): string =>
    key.length === 0
      ? `select '${alone}' as change, * from ${own}`
      : `select if(exists (from ${others} as other where ${same.join(' and ')}), '${paired}', '${alone}') as change, one.* from ${own} as one`;
  const order = [
    ...key.map(quoteIdentifier),
    ...(key.length === 0
      ? ['all']
      : ['change desc', ...shared.map((column) => quoteIdentifier(column.name))]),
  ];
  const sql = `with before_rows as (${select(old)}), after_rows as (${select(now)}),
gone as (from before_rows except all from after_rows), come as (from after_rows except all from before_rows)
select * from (${side('gone', 'come', 'removed', 'before')} union all ${side('come', 'gone', 'added', 'after')})
order by ${order.join(', ')} limit ${Math.min(limit, 1_000_000) + 1}`;
  const engine = await Database.open({});
  try {
    const { columns, rows } = await (await engine.session()).query(sql);
    return {
      columns: columns.map((column) => ({ name: column.name, type: column.type })),
      rows: rows.slice(0, limit).map((row) => columns.map((column, i) => cellOf(row[i] ?? null, column))),
      truncated: rows.length > limit,
    };
  } finally {
    await engine.close();
  }
}

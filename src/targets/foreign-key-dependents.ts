/**
 * Tables whose foreign keys name a table that is to be built anew. DuckDB neither replaces nor drops a table while
 * they do, and can't drop a key, so they give way for the moment and come back in the same transaction.
 */
import type { Manifest, RelationName } from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral } from '../duckdb/index.ts';
import { printName } from './relation-sql.ts';
import type { LakehouseSession } from './session.ts';

/** A table that refers to the one that is built. */
export interface KeyDependent {
  readonly relation: RelationName;
  /** The statement that makes it with its constraints. */
  readonly definition: string;
  /** Whether this run builds it afterwards, with its keys: until then it is there without. */
  readonly isRebuilt: boolean;
}

/** The tables that refer to `target`, directly or through others, those first that nobody refers to. */
export async function keyDependents(
  session: LakehouseSession,
  manifest: Manifest,
  target: RelationName,
  selected: readonly string[],
): Promise<readonly KeyDependent[]> {
  if (!hasForeignKeys(manifest)) return [];
  const { rows } = await session.connection.query(`with recursive keys as (
  select database_name, schema_name, table_name, referenced_table from duckdb_constraints()
  where constraint_type = 'FOREIGN KEY' and lower(database_name) = lower(${quoteLiteral(target.database)})
    and lower(schema_name) = lower(${quoteLiteral(target.schema)}) and lower(table_name) <> lower(referenced_table)
), dependents as (
  select table_name, 1 as depth from keys where lower(referenced_table) = lower(${quoteLiteral(target.identifier)})
  union
  select keys.table_name, depth + 1 from keys join dependents on lower(keys.referenced_table) = lower(dependents.table_name)
)
select dependents.table_name, any_value(sql), max(depth) as deepest
from dependents join duckdb_tables() as tables on lower(tables.table_name) = lower(dependents.table_name)
where lower(tables.database_name) = lower(${quoteLiteral(target.database)})
  and lower(tables.schema_name) = lower(${quoteLiteral(target.schema)})
group by 1 order by deepest desc, 1`);
  const rebuilt = new Set(
    selected.flatMap((id) => {
      const node = manifest.nodes[id];
      return node?.config.materialized === 'table' ? [`${node.schema}.${node.alias}`.toLowerCase()] : [];
    }),
  );
  return rows.map(([name, definition]) => ({
    relation: { ...target, identifier: String(name) },
    definition: String(definition),
    isRebuilt: rebuilt.has(`${target.schema}.${String(name)}`.toLowerCase()),
  }));
}

/** The statements that set dependents aside. Pure. */
export function setAside(dependents: readonly KeyDependent[]): readonly string[] {
  return dependents.flatMap(({ relation }) => [
    `create or replace table ${printName(asideOf(relation))} as select * from ${printName(relation)}`,
    `drop table ${printName(relation)}`,
  ]);
}

/** The statements that bring them back: with their keys, unless the run builds them anew. Pure. */
export function bringBack(dependents: readonly KeyDependent[]): readonly string[] {
  return [...dependents].reverse().flatMap(({ relation, definition, isRebuilt }) => {
    const aside = printName(asideOf(relation));
    if (isRebuilt) return [`alter table ${aside} rename to ${quoteIdentifier(relation.identifier)}`];
    // DuckDB's own statement names the table as it is found within its schema.
    const opening = definition.indexOf('(');
    return [
      `create table ${printName(relation)}${definition.slice(opening)}`.replace(/;\s*$/, ''),
      `insert into ${printName(relation)} select * from ${aside}`,
      `drop table ${aside}`,
    ];
  });
}

function asideOf(relation: RelationName): RelationName {
  return { ...relation, identifier: `${relation.identifier}__dbt_fk_backup` };
}

const known = new WeakMap<Manifest, boolean>();

/** Whether any model has a foreign key: then tables are asked for who refers to them. */
function hasForeignKeys(manifest: Manifest): boolean {
  const before = known.get(manifest);
  if (before !== undefined) return before;
  const isKey = (constraint: Readonly<Record<string, unknown>>): boolean =>
    constraint['type'] === 'foreign_key';
  const found = Object.values(manifest.nodes).some(
    (node) =>
      (node.constraints ?? []).some(isKey) ||
      Object.values(node.columns).some(({ constraints }) => constraints.some(isKey)),
  );
  known.set(manifest, found);
  return found;
}

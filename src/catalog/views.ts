/**
 * A generation's relations inside a DuckDB database: every one as a view or a macro.
 *
 * Views may read each other, and a generation doesn't say in which order they can be made. So each
 * pass makes those that bind, and passes repeat while there is progress.
 */
import { BoathouseError } from '../base/index.ts';
import { quoteIdentifier, quoteLiteral, quotePath, type Session } from '../duckdb/index.ts';
import type { CatalogRelation } from './generation.ts';
import type { StandIns } from './stand-ins.ts';

/** What became of the views. */
export interface ViewOutcome {
  readonly made: number;
  /** Those that can't be bound any more, such as a view over a file that somebody removed. */
  readonly broken: readonly { readonly relation: CatalogRelation; readonly problem: string }[];
}

/**
 * Makes every relation of `relations` that isn't a table, with comments, replacing what has its name.
 *
 * @param session its current database must be the one that `relations` are of.
 * @param standIns what stands in for files in a bucket, where views are made without opening them.
 */
export async function createViews(
  session: Session,
  relations: readonly CatalogRelation[],
  standIns?: StandIns,
): Promise<ViewOutcome> {
  const wanted = relations.filter((relation) => relation.sql !== null);
  for (const schema of new Set(wanted.map((relation) => quotePath([relation.database, relation.schema])))) {
    await session.run(`create schema if not exists ${schema}`);
  }
  let waiting = wanted;
  let problems = new Map<CatalogRelation, string>();
  while (waiting.length > 0) {
    problems = new Map();
    for (const relation of waiting) {
      try {
        await (standIns?.create(createStatement(relation)) ?? session.run(createStatement(relation)));
      } catch (error) {
        if (!(error instanceof BoathouseError)) throw error;
        problems.set(relation, error.message);
      }
    }
    if (problems.size === waiting.length) break;
    waiting = [...problems.keys()];
  }
  const broken = [...problems].map(([relation, problem]) => ({ relation, problem }));
  return { made: wanted.length - broken.length, broken };
}

/** The statements that make `relation` and comment it. Pure. */
export function createStatement(relation: CatalogRelation): string {
  const name = quotePath([relation.database, relation.schema, relation.name]);
  if (relation.kind === 'macro') return `create or replace macro ${name}${relation.sql}`;
  const statements = [`create or replace view ${name} as ${relation.sql}`];
  if (relation.comment !== null)
    statements.push(`comment on view ${name} is ${quoteLiteral(relation.comment)}`);
  for (const column of relation.columns) {
    if (column.comment === null) continue;
    const path = `${name}.${quoteIdentifier(column.name)}`;
    statements.push(`comment on column ${path} is ${quoteLiteral(column.comment)}`);
  }
  return statements.join(';\n');
}

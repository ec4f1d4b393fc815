/** Delta tables in users' SQL, resolved by us, so that they need no extension and only files that matter are read. */
import type { Predicate, StructType } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { withScratchSession } from '../scratch.ts';
import { type DeltaCall, deltaCalls } from './delta-calls.ts';
import { predicateOfNode } from './predicate.ts';
import { conditionsOfCalls } from './where-of-calls.ts';

/** What a call stands for. */
export interface OpenedCall {
  /** The table's columns: what conditions are about. */
  readonly schema: StructType;
  /** A SELECT of the rows; files that can't hold one for which `predicate` is true may be left out. */
  relation(predicate: Predicate | undefined): Promise<string>;
}

/**
 * `sql` with every call of `delta_scan` and `table_changes` replaced by what `open` gives for it, in
 * parentheses. Comments, strings and quoted names are left alone, and so is everything else: text
 * without such a call comes back as it is.
 *
 * Costs a parse when there is a call and a WHERE or JOIN; what the query's own conditions exclude is then
 * left out of the relations.
 *
 * @param session where the query will run: its time zone decides what local times in conditions mean. Without
 * it such conditions exclude nothing.
 * @throws tables.bad-delta-scan, tables.bad-table-changes when an argument isn't a constant, or isn't known.
 */
export async function rewriteDeltaScans(
  sql: string,
  open: (call: DeltaCall) => Promise<OpenedCall | string>,
  session?: Session,
): Promise<string> {
  const calls = deltaCalls(sql);
  if (calls.length === 0) return sql;
  const opened = await Promise.all(calls.map(({ call }) => open(call)));
  const hasConditions = /\b(?:where|join)\b/i.test(sql) && opened.some((one) => typeof one !== 'string');
  const work = (within: Session): Promise<(Predicate | undefined)[]> => {
    const schemas = opened.map((one) => (typeof one === 'string' ? undefined : one.schema));
    return predicates(within, sql, calls, schemas, session !== undefined);
  };
  const wanted = hasConditions
    ? await (session === undefined ? withScratchSession(work) : work(session))
    : [];
  const relations = await Promise.all(
    opened.map((one, index) => (typeof one === 'string' ? one : one.relation(wanted[index]))),
  );
  return replaced(sql, calls, (index) => `(${relations[index]})`);
}

async function predicates(
  session: Session,
  sql: string,
  calls: readonly { readonly start: number; readonly end: number }[],
  schemas: readonly (StructType | undefined)[],
  knowsZone: boolean,
): Promise<(Predicate | undefined)[]> {
  const name = (index: number): string => `__boathouse_call_${index}`;
  const names = new Set(calls.map((_, index) => name(index)));
  const conditions = await conditionsOfCalls(
    session,
    replaced(sql, calls, (index) => `${name(index)}()`),
    names,
  );
  return Promise.all(
    schemas.map(async (schema, index) => {
      const found = conditions.get(name(index));
      if (schema === undefined || found === undefined) return undefined;
      const { isAlone } = found;
      const scope = { knowsZone, isAlone, ...(found.alias === undefined ? {} : { alias: found.alias }) };
      const of = await Promise.all(
        found.conditions.map((condition) => predicateOfNode(session, condition, schema, scope)),
      );
      return { kind: 'and', of } satisfies Predicate;
    }),
  );
}

function replaced(
  sql: string,
  calls: readonly { readonly start: number; readonly end: number }[],
  by: (index: number) => string,
): string {
  let out = '';
  let copied = 0;
  calls.forEach(({ start, end }, index) => {
    out += `${sql.slice(copied, start)}${by(index)}`;
    copied = end;
  });
  return out + sql.slice(copied);
}

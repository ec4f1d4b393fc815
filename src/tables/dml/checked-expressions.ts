/** Users' expressions held against the columns they may name, before any row is read. */
import { isBoathouseError, unreachable } from '../../base/index.ts';
import { printSqlType, type Session, type SqlType, withUntypedNulls } from '../../duckdb/index.ts';
import { placedInStatement } from '../sql/place-error.ts';
import { dmlErrors } from './errors.ts';
import type { GivenExpression } from './expressions.ts';

/** An expression, and what its value has to be. */
export interface CheckedExpression extends GivenExpression {
  readonly as: 'condition' | 'value';
}

/**
 * The types of `expressions` over the relation `from`, without running anything; NULL for what is null alone.
 *
 * @throws duckdb.* where a name is unknown or ambiguous; tables.not-an-expression for a condition that isn't one.
 */
export async function typesOf(
  session: Session,
  expressions: readonly CheckedExpression[],
  from: string,
): Promise<SqlType[]> {
  if (expressions.length === 0) return [];
  const items = expressions.map(({ sql }, index) => `(${sql}\n) AS __boathouse_e${index}`);
  const described = await session
    .describe(`SELECT ${items.join(', ')} FROM ${from}`)
    .catch((error: unknown): never => {
      throw (
        endless(error, expressions) ??
        placedInStatement(
          error,
          expressions.map(({ sql }) => sql),
        )
      );
    });
  const given = expressions.map(({ sql }) => sql);
  const columns =
    described.length === expressions.length
      ? await withUntypedNulls(session, described, given, from, given.join(' '))
      : described;
  return expressions.map(({ what, sql, as }, index) => {
    const type = columns[index]?.sqlType;
    if (type === undefined || columns.length !== expressions.length) {
      throw dmlErrors['not-an-expression']({ what, sql, problem: 'it is more than one expression' });
    }
    switch (as) {
      case 'value':
        break;
      case 'condition':
        if (!isCondition(type)) {
          const problem = `it is ${printSqlType(type)}, not true or false`;
          throw dmlErrors['not-an-expression']({ what, sql, problem });
        }
        break;
      default:
        unreachable(as);
    }
    return type;
  });
}

/**
 * What a quote or comment without an end swallows is the SQL around the expression, which isn't the user's: the
 * engine's message would show it.
 */
function endless(error: unknown, expressions: readonly CheckedExpression[]): Error | undefined {
  if (!isBoathouseError(error)) return undefined;
  const match = /^(?:Parser Error: )?(.*?)\n\) AS __boathouse_e(\d+)/s.exec(error.message);
  const found = match === null ? undefined : expressions[Number(match[2])];
  if (match === null || found === undefined) return undefined;
  const { what, sql } = found;
  return dmlErrors['not-an-expression']({ what, sql, problem: match[1] ?? '' }, { cause: error });
}

function isCondition(type: SqlType): boolean {
  return type.kind === 'scalar' && (type.name === 'BOOLEAN' || type.name === 'NULL');
}

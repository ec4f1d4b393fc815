/** Users' expressions held against the columns they may name, before any row is read. */
import { unreachable } from '../../base/index.ts';
import { printSqlType, type Session, type SqlType } from '../../duckdb/index.ts';
import { placedInStatement } from '../sql/place-error.ts';
import { dmlErrors } from './errors.ts';
import type { GivenExpression } from './expressions.ts';

/** An expression, and what its value has to be. */
export interface CheckedExpression extends GivenExpression {
  readonly as: 'condition' | 'value';
}

/**
 * The types of `expressions` over the relation `from`, in one round trip and without running anything.
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
  const columns = await session
    .describe(`SELECT ${items.join(', ')} FROM ${from}`)
    .catch((error: unknown): never => {
      throw placedInStatement(
        error,
        expressions.map(({ sql }) => sql),
      );
    });
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

function isCondition(type: SqlType): boolean {
  return type.kind === 'scalar' && (type.name === 'BOOLEAN' || type.name === 'NULL');
}

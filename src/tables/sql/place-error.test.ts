import { describe, expect, it } from 'vitest';
import { BoathouseError, type SourceLocation } from '../../base/index.ts';
import { placedInQuery, placedInStatement } from './place-error.ts';

/** The engine's error with its caret at `at` in `sql`. */
function engineError(sql: string, at: string, message = 'not found'): Error {
  const before = sql.slice(0, sql.indexOf(at)).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  const location = { file: '<sql>', line: before.length, column, text: sql };
  return new BoathouseError('duckdb.binder', { message: () => message }, {}, { location });
}

const placeOf = (error: unknown): SourceLocation | undefined =>
  (error as { location?: SourceLocation }).location;

describe('placedInStatement', () => {
  const written = 'delete from t\nwhere idd = 1 and b';

  it('moves the place into the statement as it was written', () => {
    const error = engineError('SELECT (idd = 1 and b\n) AS __boathouse_e0 FROM x', 'idd');
    const placed = placedInStatement(error, ['t', 'idd = 1 and b'], written);
    expect(placeOf(placed)).toEqual({ file: '<sql>', line: 2, column: 7, text: written });
    expect(placed).toMatchObject({ code: 'duckdb.binder', message: 'not found' });
  });

  it('points behind an expression that ends too early', () => {
    const error = engineError('SELECT (idd =\n) AS __boathouse_e0', ')', 'syntax error at or near ")"');
    const placed = placedInStatement(error, ['idd ='], 'delete from t where idd =');
    expect(placeOf(placed)).toMatchObject({ line: 1, column: 26 });
    expect(placed).toMatchObject({ message: 'syntax error at the end' });
  });

  it('finds what stands before, between and after tables that ran as something else', () => {
    const part = "select nope from delta.'/a' version as of 3 where nay";
    const ran = (at: string): Error =>
      engineError("SELECT v0 FROM (select nope from (SELECT c0 FROM read_parquet('x')) where nay) AS s", at);
    const statement = `insert into t ${part}`;
    const column = (at: string): number | undefined =>
      placeOf(placedInStatement(ran(at), ['t', part], statement))?.column;
    expect(column('nope')).toBe(22);
    expect(column('nay')).toBe(65);
    expect(column('c0')).toBeUndefined();
  });

  it('does not take a letter of a word for a part', () => {
    const error = engineError('SELECT nest FROM x', 'est');
    expect(placeOf(placedInStatement(error, ['es', 't'], written))).toEqual({ file: '<sql>' });
  });

  it('shows nobody SQL that is not theirs', () => {
    const error = engineError('SELECT __boathouse_row FROM x', '__boathouse_row');
    expect(placeOf(placedInStatement(error, ['idd = 1'], written))).toEqual({ file: '<sql>' });
  });

  it('leaves other errors alone', () => {
    const error = new Error('x');
    expect(placedInStatement(error, ['x'], written)).toBe(error);
  });
});

describe('placedInQuery', () => {
  const written = "select nope from delta.'x' where nay";
  const ran = "select nope from (SELECT c0 AS a FROM read_parquet(['/x/1.parquet'])) where nay";

  it.each([
    ['nope', 8],
    ['nay', 34],
    ['c0', 18],
  ])('finds the place of %s again', (at, column) => {
    expect(placeOf(placedInQuery(engineError(ran, at), written))).toEqual({
      file: '<sql>',
      line: 1,
      column,
      text: written,
    });
  });
});

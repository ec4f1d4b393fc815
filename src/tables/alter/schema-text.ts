/** Columns as SQL writes them between the parentheses of CREATE TABLE. Pure. */
import type { DataType } from '../../delta/index.ts';
import { DdlTokens } from './ddl-tokens.ts';
import type { ColumnSpec, IdentitySpec } from './table-spec.ts';
import { readType } from './type-text.ts';

/** What a list of column definitions says. */
export interface SchemaText {
  readonly columns: readonly ColumnSpec[];
  /** CHECK constraints by name. */
  readonly constraints: ReadonlyMap<string, string>;
}

/**
 * The columns in `text`: `id BIGINT NOT NULL COMMENT 'x', day DATE GENERATED ALWAYS AS (CAST(ts AS DATE)),
 * n BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1), s STRING DEFAULT 'a',
 * CONSTRAINT c CHECK (id > 0)`; with the parentheses around them or without.
 *
 * @throws tables.bad-schema-text
 */
export function parseSchemaText(text: string): SchemaText {
  const tokens = new DdlTokens(text);
  const enclosed = tokens.takeSymbol('(');
  const columns: ColumnSpec[] = [];
  const constraints = new Map<string, string>();
  do {
    if (!readConstraint(tokens, constraints)) columns.push(readColumn(tokens, constraints));
  } while (tokens.takeSymbol(','));
  if (enclosed) tokens.expectSymbol(')');
  if (tokens.peek().kind !== 'end') throw tokens.fail('a comma or the end is expected here');
  return { columns, constraints };
}

/** One column definition, as in ALTER TABLE ADD COLUMN. @throws tables.bad-schema-text */
export function parseColumnText(text: string): ColumnSpec {
  const tokens = new DdlTokens(text);
  const column = readColumn(tokens, new Map());
  if (tokens.peek().kind !== 'end') throw tokens.fail('the end is expected here');
  return column;
}

/** Words that end a default's expression. */
const afterDefault: ReadonlySet<string> = new Set([
  'COMMENT',
  'GENERATED',
  'NOT',
  'CHECK',
  'CONSTRAINT',
  'PRIMARY',
  'UNIQUE',
]);

/** A constraint of the whole table, when one comes next. */
function readConstraint(tokens: DdlTokens, constraints: Map<string, string>): boolean {
  const [first, second] = [tokens.peek(), tokens.peek(1)];
  const isNamed = first.kind === 'word' && /^constraint$/i.test(first.text) && second.kind !== 'symbol';
  const isCheck = first.kind === 'word' && /^check$/i.test(first.text) && second.text === '(';
  if (isCheck) {
    tokens.next();
    constraints.set(`check_${constraints.size + 1}`, tokens.parenthesised());
    return true;
  }
  // A column may be called `constraint`: then a type follows, and no CHECK behind it.
  const third = tokens.peek(2);
  if (!isNamed || !(third.kind === 'word' && /^(?:check|primary|unique|foreign)$/i.test(third.text)))
    return false;
  tokens.next();
  const name = tokens.name("a constraint's name");
  if (!tokens.take('CHECK')) throw tokens.fail('Delta keeps no constraints but CHECK');
  constraints.set(name, tokens.parenthesised());
  return true;
}

function readColumn(tokens: DdlTokens, constraints: Map<string, string>): ColumnSpec {
  const name = tokens.name("a column's name");
  tokens.takeSymbol(':');
  const type: DataType = readType(tokens);
  let column: ColumnSpec = { name, type };
  for (;;) {
    if (tokens.take('NOT', 'NULL')) column = { ...column, nullable: false };
    else if (tokens.take('NULL')) column = { ...column, nullable: true };
    else if (tokens.take('COMMENT')) column = { ...column, comment: tokens.text('a comment') };
    else if (tokens.take('DEFAULT')) column = { ...column, default: tokens.expressionUntil(afterDefault) };
    else if (tokens.take('GENERATED')) column = { ...column, ...readGenerated(tokens) };
    else if (tokens.take('AS')) column = { ...column, generatedAs: tokens.parenthesised() };
    else if (tokens.take('CHECK')) constraints.set(`${name}_check`, tokens.parenthesised());
    else if (tokens.take('PRIMARY', 'KEY') || tokens.take('UNIQUE') || tokens.take('REFERENCES')) {
      throw tokens.fail('Delta keeps no constraints but NOT NULL and CHECK', tokens.peek(-1));
    } else return column;
  }
}

function readGenerated(tokens: DdlTokens): Pick<ColumnSpec, 'generatedAs' | 'identity'> {
  const always = tokens.take('ALWAYS');
  if (!always && !tokens.take('BY', 'DEFAULT')) throw tokens.fail('ALWAYS or BY DEFAULT is expected here');
  tokens.expectWord('AS');
  if (!tokens.take('IDENTITY')) {
    if (!always) throw tokens.fail('IDENTITY is expected here');
    return { generatedAs: tokens.parenthesised() };
  }
  let identity: IdentitySpec = always ? {} : { allowExplicit: true };
  if (tokens.takeSymbol('(')) {
    while (!tokens.takeSymbol(')')) {
      if (tokens.take('START')) {
        tokens.take('WITH');
        identity = { ...identity, start: tokens.integer('a whole number') };
      } else if (tokens.take('INCREMENT')) {
        tokens.take('BY');
        identity = { ...identity, step: tokens.integer('a whole number') };
      } else if (!tokens.takeSymbol(',')) throw tokens.fail('START WITH or INCREMENT BY is expected here');
    }
  }
  return { identity };
}

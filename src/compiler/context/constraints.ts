/** Contracts' constraints as DuckDB's DDL: `render_raw_columns_constraints` and `render_raw_model_constraints`. */
import type { CallInfo, Value } from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import type { AdapterMethod } from './adapter.ts';
import { itemsOf, optionalText, plainEntries } from './arguments.ts';

/** The two methods, and what asks which constraints a table has. */
export const constraintMethods: Readonly<Record<string, AdapterMethod>> = {
  render_raw_columns_constraints: (_, args, kwargs, call) => {
    const columns = args[0] ?? kwargs.get('raw_columns') ?? null;
    return plainEntries(columns).map(([, column]) => columnText(fields(column), call));
  },
  render_raw_model_constraints: (_, args, kwargs, call) => {
    const constraints = itemsOf('raw_constraints', args[0] ?? kwargs.get('raw_constraints') ?? null);
    return constraints
      .map((constraint) => modelConstraint(fields(constraint), call))
      .filter((text): text is string => text !== null);
  },
  existing_key_constraint_types: () => [],
};

type Fields = ReadonlyMap<string, Value>;

function fields(value: Value): Fields {
  return new Map(plainEntries(value));
}

function columnText(column: Fields, call: CallInfo): string {
  const name = optionalText('name', column.get('name')) ?? '';
  const type = optionalText('data_type', column.get('data_type')) ?? '';
  const printed = column.get('quote') === true ? `"${name}"` : name;
  const constraints = column.get('constraints') ?? null;
  const rendered =
    constraints === null
      ? []
      : itemsOf('constraints', constraints).map((one) => columnConstraint(fields(one), call));
  return [printed, type, ...rendered.filter((text) => text !== null)].join(' ');
}

function columnConstraint(constraint: Fields, call: CallInfo): string | null {
  const type = optionalText('type', constraint.get('type')) ?? '';
  const expression = optionalText('expression', constraint.get('expression')) ?? '';
  switch (type) {
    case 'not_null':
      return withExpression('not null', expression);
    case 'unique':
      return withExpression('unique', expression);
    case 'primary_key':
      return withExpression('primary key', expression);
    case 'check':
      return `check (${required(type, expression, call)})`;
    case 'foreign_key':
      return `references ${reference(constraint, expression, call)}`;
    case 'custom':
      return expression === '' ? null : expression;
    default:
      throw unknownType(type, call);
  }
}

function modelConstraint(constraint: Fields, call: CallInfo): string | null {
  const type = optionalText('type', constraint.get('type')) ?? '';
  const name = optionalText('name', constraint.get('name'));
  const prefix = name === null ? '' : `constraint ${name} `;
  const expression = optionalText('expression', constraint.get('expression')) ?? '';
  const columns = (): string => {
    const list = constraint.get('columns') ?? null;
    return (list === null ? [] : itemsOf('columns', list))
      .map((column) => optionalText('column', column))
      .join(', ');
  };
  switch (type) {
    case 'check':
      return `${prefix}check (${required(type, expression, call)})`;
    case 'unique':
      return withExpression(`${prefix}unique (${columns()})`, expression);
    case 'primary_key':
      return withExpression(`${prefix}primary key (${columns()})`, expression);
    case 'foreign_key': {
      const to = reference(constraint, expression, call);
      return `${prefix}foreign key (${columns()}) references ${to}`;
    }
    case 'custom':
      return expression === '' ? null : prefix + expression;
    // DuckDB has not-null on columns only.
    case 'not_null':
      return null;
    default:
      throw unknownType(type, call);
  }
}

/** What a foreign key points at. DuckDB takes no database there, so it is left out. */
function reference(constraint: Fields, expression: string, call: CallInfo): string {
  const to = optionalText('to', constraint.get('to'));
  const columns = constraint.get('to_columns') ?? null;
  if (to === null || columns === null) return required('foreign_key', expression, call);
  const parts = to.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [to];
  const named = itemsOf('to_columns', columns).map((column) => optionalText('column', column));
  return `${parts.slice(-2).join('.')} (${named.join(', ')})`;
}

function withExpression(text: string, expression: string): string {
  return expression === '' ? text : `${text} ${expression}`;
}

function required(type: string, expression: string, call: CallInfo): string {
  if (expression !== '') return expression;
  throw compilerErrors['bad-property'](
    { problem: `A ${type} constraint needs an expression` },
    { location: call.location },
  );
}

function unknownType(type: string, call: CallInfo): Error {
  return compilerErrors['bad-property'](
    {
      problem: `'${type}' is no constraint: check, not_null, unique, primary_key, foreign_key and custom are`,
    },
    { location: call.location },
  );
}

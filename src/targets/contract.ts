/** Enforced contracts: the columns a model promises, held against those it gives. */
import type { ManifestNode, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import { badConfig, isMapping } from './node-config.ts';
import { subquery } from './plan-frame.ts';

/** Whether the node's contract is to be held. */
export function hasContract(node: ManifestNode): boolean {
  return node.config.contract?.enforced === true;
}

/** A SELECT whose columns have the types the contract names, as DuckDB spells them when described. */
export function declaredQuery(node: ManifestNode): string {
  const columns = Object.values(node.columns).map((column) => {
    if (column.data_type === null) throw badConfig(node, 'columns', `needs a data_type for '${column.name}'`);
    return `cast(null as ${column.data_type}) as ${quoteIdentifier(column.name)}`;
  });
  if (columns.length === 0) throw badConfig(node, 'contract', 'needs columns in the property file');
  return `select ${columns.join(', ')}`;
}

/**
 * Refuses a model that gives other columns than it promises. Order doesn't matter.
 *
 * @throws targets.contract-broken with one line for each column that differs.
 */
export function checkContract(
  node: ManifestNode,
  given: readonly WarehouseColumn[],
  declared: readonly WarehouseColumn[],
): void {
  const { materialized, on_schema_change: answer } = node.config;
  if (materialized === 'incremental' && answer !== 'append_new_columns' && answer !== 'fail') {
    const problem = `is ${answer ?? 'ignore'}, where a contract is held in an incremental model: append_new_columns or fail`;
    throw badConfig(node, 'on_schema_change', problem);
  }
  const mismatches: string[] = [];
  const givenTypes = new Map(given.map((column) => [column.name.toLowerCase(), column.type]));
  for (const column of declared) {
    const type = givenTypes.get(column.name.toLowerCase());
    if (type === undefined)
      mismatches.push(`${column.name}: missing in the model, ${column.type} in the contract`);
    else if (type !== column.type)
      mismatches.push(`${column.name}: ${type} in the model, ${column.type} in the contract`);
  }
  const declaredNames = new Set(declared.map((column) => column.name.toLowerCase()));
  for (const column of given) {
    if (!declaredNames.has(column.name.toLowerCase()))
      mismatches.push(`${column.name}: ${column.type} in the model, missing in the contract`);
  }
  if (mismatches.length === 0) return;
  throw targetErrors['contract-broken'](
    { node: node.unique_id, mismatches },
    { location: { file: node.original_file_path } },
  );
}

/** Whether the contract says more of rows than their types. */
export function hasConstraints(node: ManifestNode): boolean {
  return (
    hasContract(node) &&
    ((node.constraints ?? []).length > 0 ||
      Object.values(node.columns).some(({ constraints }) => constraints.length > 0))
  );
}

/** The statements that make a table with its constraints and fill it. Pure. */
export function contractStatements(
  node: ManifestNode,
  name: string,
  code: string,
  kind: 'table' | 'temporary table' = 'table',
): readonly string[] {
  const columns = Object.values(node.columns);
  const parts = columns.map((column) =>
    [quoteIdentifier(column.name), column.data_type, ...column.constraints.map(columnConstraint)].join(' '),
  );
  const tableParts = (node.constraints ?? []).map((constraint) => tableConstraint(node, constraint));
  const list = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  return [
    `create or replace ${kind} ${name} (\n  ${[...parts, ...tableParts].join(',\n  ')}\n)`,
    `insert into ${name} (${list})\nselect ${list} from ${subquery(code)} as model`,
  ];
}

function columnConstraint(constraint: Readonly<Record<string, unknown>>): string {
  const expression = textOf(constraint['expression']);
  switch (constraint['type']) {
    case 'not_null':
      return 'not null';
    case 'unique':
      return 'unique';
    case 'primary_key':
      return 'primary key';
    case 'check':
      return `check (${expression})`;
    case 'foreign_key':
      return foreignKey(constraint);
    default:
      return expression;
  }
}

function tableConstraint(node: ManifestNode, constraint: Readonly<Record<string, unknown>>): string {
  const name =
    typeof constraint['name'] === 'string' ? `constraint ${quoteIdentifier(constraint['name'])} ` : '';
  const columns = Array.isArray(constraint['columns'])
    ? constraint['columns'].map((c) => quoteIdentifier(String(c)))
    : [];
  const list = `(${columns.join(', ')})`;
  switch (constraint['type']) {
    case 'primary_key':
      return `${name}primary key ${list}`;
    case 'unique':
      return `${name}unique ${list}`;
    case 'check':
      return `${name}check (${textOf(constraint['expression'])})`;
    case 'foreign_key':
      return `${name}foreign key ${list} ${foreignKey(constraint)}`;
    case 'custom':
      return `${name}${textOf(constraint['expression'])}`;
    default:
      throw badConfig(
        node,
        'constraints',
        `has a constraint of unknown type '${textOf(constraint['type'])}'`,
      );
  }
}

function foreignKey(constraint: Readonly<Record<string, unknown>>): string {
  const to = constraint['to'];
  if (typeof to !== 'string') return `references ${textOf(constraint['expression'])}`;
  const columns = constraint['to_columns'];
  const list = Array.isArray(columns)
    ? ` (${columns.map((c) => quoteIdentifier(String(c))).join(', ')})`
    : '';
  // DuckDB takes no database name here: a key stays within one.
  const table = to.split('.').at(-1) ?? to;
  return `references ${table}${list}`;
}

function textOf(value: unknown): string {
  return isMapping(value) || value === undefined || value === null ? '' : String(value);
}

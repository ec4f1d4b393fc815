/** Columns and constraints as property files give them. */
import { createHash } from 'node:crypto';
import { isPlainDict } from '../project/index.ts';
import type { DocBlocks } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import type { ColumnInfo, ManifestNode, Plain } from './manifest.ts';
import { newColumn } from './node-shape.ts';
import { type PropertyEntry, placeOf } from './property-entries.ts';
import { pythonRepr, pythonStr } from './python-repr.ts';
import { readGranularity } from './semantic/time-spine.ts';

const constraintTypes = ['check', 'not_null', 'unique', 'primary_key', 'foreign_key', 'custom'];

/** The columns of an entry by name. @throws compiler.bad-property */
export function columnsOf(list: unknown, entry: PropertyEntry, docs: DocBlocks): Record<string, ColumnInfo> {
  const columns: Record<string, ColumnInfo> = {};
  if (!Array.isArray(list)) return columns;
  list.forEach((written: unknown, index) => {
    if (!isPlainDict(written) || written['name'] === undefined) return;
    const column = columnOf(written, entry, index, docs);
    columns[column.name] = column;
  });
  return columns;
}

const ownKeys = new Set([
  'name',
  'description',
  'meta',
  'data_type',
  'constraints',
  'quote',
  'tags',
  'config',
  'granularity',
  'tests',
  'data_tests',
  'docs',
  'policy_tags',
]);

function columnOf(written: Plain, entry: PropertyEntry, index: number, docs: DocBlocks): ColumnInfo {
  const column = newColumn(pythonStr(written['name']));
  const described = docs.describe(written['description'], entry.packageName, () =>
    placeOf(entry, 'columns', index, 'description'),
  );
  column.description = described.text;
  column.doc_blocks = described.blocks;
  const config = isPlainDict(written['config']) ? written['config'] : {};
  column.meta = { ...plain(written['meta']), ...plain(config['meta']) };
  column.tags = [...new Set([...textsOf(written['tags']), ...textsOf(config['tags'])])];
  column.config = { meta: column.meta, tags: column.tags };
  column.data_type = written['data_type'] == null ? null : pythonStr(written['data_type']);
  column.quote = typeof written['quote'] === 'boolean' ? written['quote'] : null;
  column.granularity = readGranularity(written, entry, index);
  const { constraints } = written;
  if (Array.isArray(constraints)) {
    column.constraints = constraints
      .filter(isPlainDict)
      .map((constraint) => constraintOf(constraint, false, entry));
  }
  // Keys of the user's own are kept beside dbt's.
  for (const [key, value] of Object.entries(written)) {
    if (!ownKeys.has(key)) (column as unknown as Plain)[key] = value;
  }
  return column;
}

/** A constraint with all its keys. @throws compiler.bad-property */
export function constraintOf(written: Plain, ofModel: boolean, entry: PropertyEntry): Plain {
  const type = written['type'];
  if (typeof type !== 'string' || !constraintTypes.includes(type)) {
    throw compilerErrors['bad-property'](
      { problem: `'${entry.name}' has a constraint of the type '${pythonStr(type)}'` },
      { location: placeOf(entry, 'constraints'), hint: `Types are ${constraintTypes.join(', ')}.` },
    );
  }
  const constraint: Plain = {
    type,
    name: written['name'] ?? null,
    expression: written['expression'] ?? null,
    warn_unenforced: written['warn_unenforced'] ?? true,
    warn_unsupported: written['warn_unsupported'] ?? true,
    to: written['to'] ?? null,
    to_columns: written['to_columns'] ?? [],
  };
  if (ofModel) constraint['columns'] = written['columns'] ?? [];
  return constraint;
}

/** dbt's checksum of what a contract promises. */
export function contractChecksum(node: ManifestNode): string {
  let text = '';
  const columns = Object.values(node.columns).sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  for (const column of columns) {
    text += `|${column.name}${pythonStr(column.data_type)}[${column.constraints.map((c) => constraintText(c, 'Column')).join(', ')}]`;
  }
  const { materialized } = node.config;
  if (materialized === 'table' || materialized === 'incremental') {
    text += `${materialized}[${(node.constraints ?? []).map((c) => constraintText(c, 'Model')).join(', ')}]`;
  }
  return createHash('sha256').update(text).digest('hex');
}

/** A constraint as Python prints dbt's class of it. */
function constraintText(constraint: Plain, level: 'Column' | 'Model'): string {
  const type = String(constraint['type']);
  const rest = ['name', 'expression', 'warn_unenforced', 'warn_unsupported', 'to', 'to_columns'];
  if (level === 'Model') rest.push('columns');
  const parts = rest.map((key) => `${key}=${pythonRepr(constraint[key])}`);
  return `${level}LevelConstraint(type=<ConstraintType.${type}: '${type}'>, ${parts.join(', ')})`;
}

function plain(value: unknown): Plain {
  return isPlainDict(value) ? value : {};
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(pythonStr) : [];
}

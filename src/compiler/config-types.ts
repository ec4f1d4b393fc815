/**
 * What the values of configuration have to be: dbt's types, asked of the value that all levels together gave.
 *
 * Keys that aren't listed may have any value.
 */
import { Dict } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import type { Plain } from './manifest.ts';

/** Tells of a key and what is wrong with its value. */
type Bad = (key: string, problem: string) => never;

interface Type {
  readonly words: string;
  readonly isMet: (value: unknown) => boolean;
}

const text: Type = { words: 'a text', isMet: (value) => typeof value === 'string' };
const flag: Type = { words: 'true or false', isMet: (value) => typeof value === 'boolean' };
const mapping: Type = { words: 'a mapping', isMet: (value) => isPlainDict(value) || value instanceof Dict };
const wholeNumber: Type = {
  words: 'a whole number',
  isMet: (value) => typeof value === 'bigint' || Number.isFinite(Number(value === '' ? Number.NaN : value)),
};
const names: Type = {
  words: 'the name of a column, or a list of names',
  isMet: (value) =>
    typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string')),
};

function oneOf(...values: readonly string[]): Type {
  const words = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  return { words, isMet: (value) => typeof value === 'string' && values.includes(value) };
}

/** Null stands for nothing said. */
function optional({ words, isMet }: Type): Type {
  return { words, isMet: (value) => value === null || value === undefined || isMet(value) };
}

const everywhere: readonly (readonly [string, Type])[] = [
  ['alias', optional(text)],
  ['schema', optional(text)],
  ['database', optional(text)],
  ['group', optional(text)],
  ['static_analysis', optional(text)],
  ['meta', mapping],
];

const ofNodes: readonly (readonly [string, Type])[] = [
  ...everywhere,
  ['incremental_strategy', optional(text)],
  ['persist_docs', mapping],
  ['quoting', mapping],
  ['column_types', mapping],
  ['full_refresh', optional(flag)],
  ['unique_key', optional(names)],
  ['on_schema_change', optional(text)],
  ['on_configuration_change', oneOf('apply', 'continue', 'fail')],
];

const ofTests: readonly (readonly [string, Type])[] = [
  ...everywhere,
  ['materialized', oneOf('test')],
  ['where', optional(text)],
  ['limit', optional(wholeNumber)],
  ['fail_calc', text],
  ['warn_if', text],
  ['error_if', text],
  ['store_failures', optional(flag)],
  ['store_failures_as', optional(text)],
];

/** Asks the merged configuration of a node. Calls `bad` for the first value of a wrong type. */
export function checkNodeTypes(config: Plain, bad: Bad): void {
  check(config, ofNodes, bad);
  checkWithin(
    config,
    'docs',
    [
      ['show', flag],
      ['node_color', optional(text)],
    ],
    bad,
  );
  checkWithin(
    config,
    'contract',
    [
      ['enforced', flag],
      ['alias_types', flag],
    ],
    bad,
  );
  const contract = config['contract'];
  if (!isPlainDict(contract) || contract['enforced'] !== true || config['materialized'] !== 'incremental')
    return;
  const policy = config['on_schema_change'];
  if (policy === 'append_new_columns' || policy === 'fail') return;
  bad(
    'on_schema_change',
    `has to be 'append_new_columns' or 'fail' for an incremental model with an enforced contract, not ${shown(policy)}`,
  );
}

/** Asks the merged configuration of a data test. Calls `bad` for the first value of a wrong type. */
export function checkTestTypes(config: Plain, bad: Bad): void {
  check(config, ofTests, bad);
}

/** Asks what hooks are written as: a text each, or a mapping with `sql`. */
export function checkHooks(key: string, hooks: unknown, bad: Bad): void {
  const list = Array.isArray(hooks) ? hooks : hooks === null || hooks === undefined ? [] : [hooks];
  for (const hook of list) {
    if (typeof hook === 'string') continue;
    if (!isPlainDict(hook)) bad(key, `has to be SQL, or a mapping with 'sql', not ${shown(hook)}`);
    const { sql, transaction, index } = hook as Plain;
    if (typeof sql !== 'string') bad(key, `needs its SQL as a text under 'sql', not ${shown(sql)}`);
    if (transaction !== undefined && typeof transaction !== 'boolean')
      bad(key, `has to have true or false as 'transaction', not ${shown(transaction)}`);
    if (index !== undefined && index !== null && !Number.isInteger(Number(index)))
      bad(key, `has to have a whole number as 'index', not ${shown(index)}`);
  }
}

function check(config: Plain, types: readonly (readonly [string, Type])[], bad: Bad, above = ''): void {
  for (const [key, { words, isMet }] of types) {
    if (!(key in config) || isMet(config[key])) continue;
    bad(`${above}${key}`, `has to be ${words}, not ${shown(config[key])}`);
  }
}

function checkWithin(
  config: Plain,
  key: string,
  types: readonly (readonly [string, Type])[],
  bad: Bad,
): void {
  const value = config[key];
  if (isPlainDict(value)) check(value, types, bad, `${key}.`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `'${value}'`;
  if (value instanceof Dict) return 'a mapping';
  return (
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ??
    'that'
  );
}

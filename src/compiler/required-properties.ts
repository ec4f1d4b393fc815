/** What a description of a resource must have, as dbt sees it: owners, types, snapshots' keys, names. */
import type { SourceLocation } from '../base/index.ts';
import { isPlainDict } from '../project/index.ts';
import { tellDeprecated } from './deprecations.ts';
import { compilerErrors } from './errors.ts';
import type { ManifestNode } from './manifest.ts';
import type { Parsing } from './parsing.ts';
import { type PropertyEntry, placeOf } from './property-entries.ts';

const exposureTypes = ['dashboard', 'notebook', 'analysis', 'ml', 'application'];
const maturities = ['low', 'medium', 'high'];

/** @throws compiler.bad-property unless the exposure has a type and an owner that dbt knows */
export function checkExposure(entry: PropertyEntry): void {
  oneOf(entry, 'type', exposureTypes);
  if (entry.data['maturity'] != null) oneOf(entry, 'maturity', maturities);
  checkOwner(entry);
}

/** @throws compiler.bad-property unless somebody with a name or an address owns the group or exposure */
export function checkOwner(entry: PropertyEntry): void {
  const owner = entry.data['owner'];
  if (isPlainDict(owner) && (owner['name'] != null || owner['email'] != null)) return;
  const problem = `${whatOf(entry)} needs an 'owner' with a 'name' or an 'email'`;
  throw compilerErrors['bad-property'](
    { problem },
    { location: placeOf(entry, owner === undefined ? 'name' : 'owner'), hint: 'Write owner: {name: …}.' },
  );
}

function oneOf(entry: PropertyEntry, key: string, known: readonly string[]): void {
  const value = entry.data[key];
  if (typeof value === 'string' && known.includes(value)) return;
  const found = value === undefined ? 'and has none' : `not ${JSON.stringify(value)}`;
  throw compilerErrors['bad-property'](
    { problem: `${whatOf(entry)} needs as '${key}' one of ${known.join(', ')}, ${found}` },
    { location: placeOf(entry, value === undefined ? 'name' : key) },
  );
}

function whatOf({ key, name }: PropertyEntry): string {
  return `The ${key === 'groups' ? 'group' : 'exposure'} '${name}'`;
}

/** @throws compiler.bad-snapshot when a snapshot doesn't say how it tells rows and their changes apart */
export function checkSnapshot({ config, unique_id: node }: ManifestNode, locate: () => SourceLocation): void {
  const missing = (key: string): boolean => {
    const value = config[key];
    return (
      value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    );
  };
  const refuse = (problem: string): never => {
    throw compilerErrors['bad-snapshot']({ node, problem }, { location: locate() });
  };
  for (const key of ['strategy', 'unique_key'])
    if (missing(key))
      refuse(`Snapshots must be configured with a 'strategy' and 'unique_key'; '${key}' is missing`);
  if (config['strategy'] === 'timestamp' && missing('updated_at'))
    refuse('A snapshot with the timestamp strategy must specify an updated_at configuration');
  if (config['strategy'] === 'check' && missing('check_cols'))
    refuse('A snapshot with the check strategy must specify a check_cols configuration');
  const { strategy, check_cols: checked, hard_deletes: deletes, materialized } = config;
  if (strategy === 'check' && typeof checked === 'string' && checked !== 'all')
    refuse(`Invalid value for 'check_cols': ${checked}. Expected 'all' or a list of strings`);
  if (strategy === 'timestamp' && !missing('check_cols'))
    refuse("A 'timestamp' snapshot should not have 'check_cols'");
  if (!missing('hard_deletes') && !['ignore', 'invalidate', 'new_record'].includes(String(deletes)))
    refuse(`Invalid value for 'hard_deletes': ${deletes}. Expected ignore, invalidate or new_record`);
  if (materialized !== 'snapshot') refuse("A snapshot must have a materialized value of 'snapshot'");
}

/** Names with spaces are refused, or told of where the project's flags permit them. @throws compiler.bad-property */
export function checkSpaces(parsing: Parsing): void {
  const allowed = parsing.project.config.flags['require_resource_names_without_spaces'] === false;
  for (const { name, unique_id: id, original_file_path: path } of Object.values(parsing.manifest.nodes)) {
    if (!name.includes(' ')) continue;
    const locate = (): SourceLocation | undefined => parsing.locate(id);
    if (allowed) tellDeprecated(parsing, 'spaces-in-name', `The name of '${id}' has spaces`, locate);
    else {
      throw compilerErrors['bad-property'](
        { problem: `Resource names cannot contain spaces: '${id}' (${path})` },
        { location: locate() ?? { file: path }, hint: 'Rename it, and what refers to it.' },
      );
    }
  }
}

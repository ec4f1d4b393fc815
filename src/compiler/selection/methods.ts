/** What each selection method finds. One function a method; all are pure. */
import { didYouMean } from '../../base/index.ts';
import type { Manifest, ResourceType } from '../manifest.ts';
import type { Criterion } from './criterion.ts';
import { selectionErrors } from './errors.ts';
import { matchesGlob, matchesPath } from './glob.ts';
import { matchesQualifiedName } from './qualified-name.ts';
import { matchesState, type PreviousState } from './state.ts';
import { dictOf, type Member, type Universe } from './universe.ts';

/** What methods may look at. */
export interface MethodContext {
  readonly universe: Universe;
  readonly manifest: Manifest;
  /** What `package:this` means. */
  readonly projectName: string | undefined;
  readonly state: PreviousState | undefined;
}

/**
 * The ids that `criterion` finds by itself, without its graph operators, in the manifest's order.
 *
 * @throws compiler.bad-selector for a value the method can't have, compiler.no-state
 */
export function findMembers(criterion: Criterion, context: MethodContext): Set<string> {
  const matches = matcherOf(criterion, context);
  const found = new Set<string>();
  for (const member of context.universe.members.values()) if (matches(member)) found.add(member.id);
  return found;
}

type Matcher = (member: Member) => boolean;

function matcherOf(criterion: Criterion, context: MethodContext): Matcher {
  const value = String(criterion.value);
  switch (criterion.method) {
    case 'fqn':
      return (m) => m.type !== 'source' && matchesQualifiedName(m.fqn, value, isVersioned(m));
    case 'tag':
      return (m) => m.tags.some((tag) => matchesGlob(tag, value));
    case 'group':
      return (m) =>
        m.type !== 'saved_query' &&
        m.type !== 'semantic_model' &&
        typeof m.config['group'] === 'string' &&
        matchesGlob(m.config['group'], value);
    case 'access':
      return (m) => m.type === 'model' && (m.entry['access'] ?? 'protected') === value;
    case 'source':
      return sourceMatcher(criterion, value);
    case 'path':
      return (m) => matchesPath(m.originalFilePath, value) || isPatchedBy(m, value);
    case 'file':
      return fileMatcher(value);
    case 'package':
      return packageMatcher(value, context);
    case 'config':
      return configMatcher(criterion);
    case 'test_name':
      return testNameMatcher(value);
    case 'test_type':
      return testTypeMatcher(criterion, value);
    case 'resource_type':
      return resourceTypeMatcher(criterion, value);
    case 'exposure':
    case 'metric':
    case 'semantic_model':
    case 'saved_query':
    case 'unit_test':
      return namedMatcher(criterion, criterion.method, value);
    case 'version':
      return versionMatcher(criterion, value);
    case 'state':
    case 'result':
    case 'source_status':
      return matchesState(criterion, context.manifest, context.state);
    case 'selector':
      throw selectionErrors['bad-selector']({
        selector: criterion.raw,
        problem: 'a selector can only stand alone, without graph operators',
      });
  }
}

/** Whether a member is a model with versions. */
function isVersioned(member: Member): boolean {
  return member.type === 'model' && member.entry['version'] !== null && member.entry['version'] !== undefined;
}

function bad(criterion: Criterion, problem: string, hint?: string): Error {
  return selectionErrors['bad-selector']({ selector: criterion.raw, problem }, { hint });
}

function sourceMatcher(criterion: Criterion, value: string): Matcher {
  const parts = value.split('.');
  if (parts.length > 3)
    throw bad(criterion, 'a source is `source`, `source.table` or `package.source.table`');
  const [packageName, source, table] =
    parts.length === 1
      ? ['*', parts[0], '*']
      : parts.length === 2
        ? ['*', parts[0], parts[1]]
        : [parts[0], parts[1], parts[2]];
  return (m) =>
    m.type === 'source' &&
    matchesGlob(m.packageName, packageName ?? '*') &&
    matchesGlob(String(m.entry['source_name']), source ?? '*') &&
    matchesGlob(m.name, table ?? '*');
}

function namedMatcher(criterion: Criterion, type: ResourceType, value: string): Matcher {
  const parts = value.split('.');
  if (parts.length > 2) throw bad(criterion, 'it must be `name` or `package.name`');
  const [packageName, name] = parts.length === 2 ? parts : ['*', parts[0]];
  return (m) =>
    m.type === type && matchesGlob(m.packageName, packageName ?? '*') && matchesGlob(m.name, name ?? '*');
}

function isPatchedBy(member: Member, pattern: string): boolean {
  const path = member.patchPath?.split('://')[1];
  // The file itself only: a folder's resources are those whose own files are in it.
  return path !== undefined && matchesPath(path, pattern) && !matchesFolderOf(path, pattern);
}

function matchesFolderOf(path: string, pattern: string): boolean {
  const folder = path.split('/').slice(0, -1).join('/');
  return folder !== '' && matchesPath(folder, pattern);
}

function fileMatcher(value: string): Matcher {
  return (m) => {
    const name = m.originalFilePath.split('/').at(-1) ?? '';
    const dot = name.lastIndexOf('.');
    return matchesGlob(name, value) || matchesGlob(dot > 0 ? name.slice(0, dot) : name, value);
  };
}

function packageMatcher(value: string, context: MethodContext): Matcher {
  const name = value === 'this' && context.projectName !== undefined ? context.projectName : value;
  return (m) => matchesGlob(m.packageName, name);
}

function configMatcher(criterion: Criterion): Matcher {
  const path = criterion.arguments;
  if (path.length === 0)
    throw bad(criterion, 'it names no key', 'Write the key behind a dot: config.materialized:view');
  const isSeverity = path.length === 1 && path[0] === 'severity';
  return (m) => {
    if (!configurable.has(m.type)) return false;
    let value: unknown = m.config;
    for (const key of path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || !(key in value))
        return false;
      value = (value as Readonly<Record<string, unknown>>)[key];
    }
    return (Array.isArray(value) ? value : [value]).some((one) =>
      isConfigValue(one, criterion.value, isSeverity),
    );
  };
}

const configurable: ReadonlySet<ResourceType> = new Set<ResourceType>([
  'model',
  'seed',
  'snapshot',
  'test',
  'analysis',
  'operation',
  'sql_operation',
  'source',
]);

function isConfigValue(value: unknown, wanted: unknown, ignoreCase: boolean): boolean {
  if (value === wanted) return true;
  const word = String(wanted).toLowerCase();
  if (typeof value === 'boolean') return word === String(value);
  return ignoreCase && typeof value === 'string' && value.toLowerCase() === word;
}

function testName(member: Member): string | undefined {
  if (member.type === 'unit_test') return member.name;
  if (member.type !== 'test') return undefined;
  const { name } = dictOf(member.entry['test_metadata']);
  return typeof name === 'string' ? name : undefined;
}

function testNameMatcher(value: string): Matcher {
  return (m) => {
    const name = testName(m);
    return name !== undefined && matchesGlob(name, value);
  };
}

function testTypeMatcher(criterion: Criterion, value: string): Matcher {
  const isGeneric = (m: Member): boolean => m.type === 'test' && testName(m) !== undefined;
  const kinds: Readonly<Record<string, Matcher>> = {
    generic: isGeneric,
    schema: isGeneric,
    singular: (m) => m.type === 'test' && testName(m) === undefined,
    data: (m) => m.type === 'test',
    unit: (m) => m.type === 'unit_test',
  };
  const matcher = kinds[value];
  if (matcher) return matcher;
  throw bad(criterion, `there is no test type '${value}'`, hintOf(value, Object.keys(kinds), 'types'));
}

const resourceTypes: readonly ResourceType[] = [
  'model',
  'analysis',
  'test',
  'snapshot',
  'operation',
  'seed',
  'source',
  'exposure',
  'metric',
  'group',
  'saved_query',
  'semantic_model',
  'unit_test',
  'function',
];

function resourceTypeMatcher(criterion: Criterion, value: string): Matcher {
  if (resourceTypes.some((type) => type === value)) return (m) => m.type === value;
  throw bad(criterion, `there is no resource type '${value}'`, hintOf(value, resourceTypes, 'types'));
}

function versionMatcher(criterion: Criterion, value: string): Matcher {
  const compare = (m: Member): number | undefined => {
    const { version, latest_version: latest } = m.entry;
    return version === null || version === undefined || latest === null || latest === undefined
      ? undefined
      : versionOrder(version, latest);
  };
  const kinds: Readonly<Record<string, Matcher>> = {
    latest: (m) => compare(m) === 0,
    prerelease: (m) => (compare(m) ?? 0) > 0,
    old: (m) => (compare(m) ?? 0) < 0,
    none: (m) => m.entry['version'] === null || m.entry['version'] === undefined,
  };
  const matcher = kinds[value];
  if (matcher) return (m) => m.type === 'model' && matcher(m);
  throw bad(criterion, `there is no kind of version '${value}'`, hintOf(value, Object.keys(kinds), 'kinds'));
}

/** As numbers where both are, else as texts: dbt's rule. */
function versionOrder(a: unknown, b: unknown): number {
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  const [x, y] = [String(a), String(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

function hintOf(value: string, known: readonly string[], what: string): string {
  return didYouMean(value, known) ?? `The ${what} are: ${known.join(', ')}.`;
}

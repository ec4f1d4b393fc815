/** dbt_project.yml: read, rendered, checked. */
import { join } from 'node:path';
import { nearest } from '../base/index.ts';
import { knownFlags } from './config-keys.ts';
import { checkConfigTree, warnMisspelled, withPlainFolders } from './config-tree.ts';
import { checkDbtVersion } from './dbt-version.ts';
import { projectErrors } from './errors.ts';
import { Fields, failAt } from './fields.ts';
import type { DispatchRule, ProjectConfig, QueryComment, Quoting } from './project.ts';
import { readTextIfThere } from './read-text.ts';
import type { YamlRenderer } from './render-yaml.ts';
import type { Selector } from './selectors-file.ts';
import type { WarningList } from './warnings.ts';
import { parseYaml, type YamlFile, type YamlPath } from './yaml-file.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/** A dbt_project.yml before rendering: enough to know the profile. */
export interface RawProjectFile {
  readonly path: string;
  readonly file: YamlFile;
  readonly data: PlainDict;
}

/**
 * The dbt_project.yml in `folder`, not rendered.
 *
 * @throws project.not-a-project, project.bad-yaml, project.bad-value
 */
export function readProjectFile(folder: string, warnings: WarningList): RawProjectFile {
  const path = join(folder, 'dbt_project.yml');
  const text = readTextIfThere(path);
  if (text === undefined) throw projectErrors['not-a-project']({ folder });
  const file = parseYaml(text.trimEnd(), path);
  for (const warning of file.warnings) warnings.add(warning);
  if (!isPlainDict(file.value)) failAt(file, [], 'a mapping', file.value);
  return { path, file, data: withPlainFolders(file.value) };
}

/** What parsing a project file needs beside it. */
export interface ProjectFileFacts {
  readonly renderer: YamlRenderer;
  readonly warnings: WarningList;
  readonly ignoreVersion: boolean;
  readonly selectors: readonly Selector[];
  /** The root project's: its config trees are checked for misspelled keys. */
  readonly isRoot: boolean;
}

/**
 * The settings in `raw`, rendered by dbt's rules and with dbt's defaults.
 *
 * @throws project.bad-value, project.bad-name, project.version-mismatch, jinja.* and what rendering throws.
 */
export function parseProjectFile(raw: RawProjectFile, facts: ProjectFileFacts): ProjectConfig {
  const { file, path } = raw;
  const rendered = facts.renderer.render(raw.data, file, [], staysAsWritten) as PlainDict;
  const fields = new Fields(rendered, file, []);
  const name = projectName(fields, raw);
  const paths = parsePaths(fields, facts.warnings);
  const requireDbtVersion = fields.texts('require-dbt-version', 'or-one') ?? [];
  if (!facts.ignoreVersion && requireDbtVersion.length > 0) {
    checkDbtVersion(name, requireDbtVersion, file.locate(['require-dbt-version']));
  }
  const targetPath = fields.text('target-path') ?? 'target';
  const config: ProjectConfig = {
    file: path,
    raw: rendered,
    unrendered: raw.data,
    locate: (at) => file.locate(at),
    name,
    version: fields.text('version') ?? null,
    profileName: fields.text('profile') ?? null,
    ...paths,
    vars: fields.dict('vars') ?? {},
    ...parseTrees(fields, facts.warnings),
    dispatch: parseDispatch(fields),
    onRunStart: fields.texts('on-run-start', 'or-one') ?? [],
    onRunEnd: fields.texts('on-run-end', 'or-one') ?? [],
    quoting: parseQuoting(fields),
    flags: fields.dict('flags') ?? {},
    queryComment: parseQueryComment(fields, rendered),
    cleanTargets: fields.texts('clean-targets') ?? [targetPath],
    targetPath,
    logPath: fields.text('log-path') ?? 'logs',
    packagesInstallPath:
      fields.text('packages-install-path') ?? oldInstallPath(fields, facts.warnings) ?? 'dbt_packages',
    requireDbtVersion,
    restrictAccess: fields.bool('restrict-access') ?? false,
    selectors: facts.selectors,
  };
  for (const [key, usual] of [
    ['log-path', 'logs'],
    ['target-path', 'target'],
  ] as const)
    if (fields.has(key) && raw.data[key] !== usual) facts.warnings.add(movedToOption(fields, key));
  if (facts.isRoot) warnOfMistakes(fields, config, facts.warnings);
  return config;
}

/** dbt renders hooks, variables and query-comment later, when there is more to see. */
function staysAsWritten(path: YamlPath): boolean {
  const [first] = path;
  if (first === undefined) return false;
  if (typeof first === 'string' && renderedLater.has(first)) return true;
  if (typeof first !== 'string' || !hasHooks.has(first)) return false;
  return path.some((step) => typeof step === 'string' && hookKey.test(step.replace(/^[+ ]+/, '')));
}

const renderedLater: ReadonlySet<string> = new Set(['on-run-start', 'on-run-end', 'query-comment', 'vars']);
const hasHooks: ReadonlySet<string> = new Set(['seeds', 'models', 'snapshots', 'tests', 'data_tests']);
const hookKey = /^(?:pre|post)[-_]hook$/;

function projectName(fields: Fields, raw: RawProjectFile): string {
  const name = fields.text('name');
  if (name === undefined) failAt(raw.file, ['name'], 'given', undefined);
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) {
    throw projectErrors['bad-name'](
      { what: 'a project', name, rule: 'it is no plain identifier' },
      { location: raw.file.locate(['name']) },
    );
  }
  if (reservedNames.has(name)) {
    throw projectErrors['bad-name'](
      { what: 'a project', name, rule: 'templates use it for something else' },
      { location: raw.file.locate(['name']), hint: 'Choose another name.' },
    );
  }
  return name;
}

const reservedNames: ReadonlySet<string> = new Set([
  'adapter',
  'api',
  'column',
  'config',
  'context',
  'database',
  'env',
  'env_var',
  'exceptions',
  'execute',
  'flags',
  'fromjson',
  'fromyaml',
  'graph',
  'invocation_id',
  'load_agate_table',
  'load_result',
  'log',
  'model',
  'modules',
  'post_hooks',
  'pre_hooks',
  'ref',
  'render',
  'return',
  'run_started_at',
  'schema',
  'source',
  'sql',
  'sql_now',
  'store_result',
  'store_raw_result',
  'target',
  'this',
  'tojson',
  'toyaml',
  'try_or_compiler_error',
  'var',
  'write',
]);

type Paths = Pick<
  ProjectConfig,
  | 'modelPaths'
  | 'seedPaths'
  | 'snapshotPaths'
  | 'analysisPaths'
  | 'macroPaths'
  | 'testPaths'
  | 'functionPaths'
  | 'docsPaths'
  | 'assetPaths'
>;

function parsePaths(fields: Fields, warnings: WarningList): Paths {
  const given = (key: string): readonly string[] | undefined => fields.texts(key, 'or-one')?.map(cleanPath);
  const renamed = (key: string, oldKey: string): readonly string[] | undefined => {
    const old = given(oldKey);
    if (old === undefined) return given(key);
    if (fields.has(key)) {
      throw projectErrors['conflicting-keys'](
        { first: oldKey, second: key },
        { location: fields.file.locate([oldKey], 'key') },
      );
    }
    warnings.add(deprecated(fields, oldKey, key));
    return old;
  };
  const paths = {
    modelPaths: renamed('model-paths', 'source-paths') ?? ['models'],
    seedPaths: renamed('seed-paths', 'data-paths') ?? ['seeds'],
    snapshotPaths: given('snapshot-paths') ?? ['snapshots'],
    analysisPaths: given('analysis-paths') ?? ['analyses'],
    macroPaths: given('macro-paths') ?? ['macros'],
    testPaths: given('test-paths') ?? ['tests'],
    functionPaths: given('function-paths') ?? ['functions'],
  };
  return {
    ...paths,
    docsPaths: given('docs-paths') ?? [...new Set(Object.values(paths).flat())],
    assetPaths: given('asset-paths') ?? [],
  };
}

function cleanPath(path: string): string {
  const clean = path
    .replaceAll('\\', '/')
    .replace(/^\.\/+/, '')
    .replace(/\/+$/, '');
  return clean === '' ? '.' : clean;
}

function deprecated(
  fields: Fields,
  oldKey: string,
  key: string,
): { code: string; message: string; hint: string; location: ReturnType<YamlFile['locate']> } {
  const own: Readonly<Record<string, string>> = {
    'source-paths': 'project.deprecated-source-paths',
    'data-paths': 'project.deprecated-data-paths',
  };
  return {
    code: own[oldKey] ?? 'project.deprecated-key',
    message: `'${oldKey}' is the old spelling of '${key}'`,
    hint: `Rename it to '${key}'.`,
    location: fields.file.locate([oldKey], 'key'),
  };
}

function movedToOption(
  fields: Fields,
  key: 'log-path' | 'target-path',
): { code: string; message: string; hint: string; location: ReturnType<YamlFile['locate']> } {
  return {
    code: `project.config-${key}`,
    message: `'${key}' in dbt_project.yml is given up by dbt`,
    hint: `Say it with --${key} or DBT_${key.replace('-', '_').toUpperCase()} instead.`,
    location: fields.file.locate([key], 'key'),
  };
}

function oldInstallPath(fields: Fields, warnings: WarningList): string | undefined {
  const old = fields.text('modules-path');
  if (old !== undefined) warnings.add(deprecated(fields, 'modules-path', 'packages-install-path'));
  return old;
}

type Trees = Pick<
  ProjectConfig,
  | 'models'
  | 'seeds'
  | 'snapshots'
  | 'sources'
  | 'tests'
  | 'unitTests'
  | 'analyses'
  | 'exposures'
  | 'functions'
  | 'metrics'
  | 'semanticModels'
  | 'savedQueries'
>;

function parseTrees(fields: Fields, warnings: WarningList): Trees {
  const tree = (key: string, oldKey?: string): PlainDict => {
    const value = fields.dict(key);
    const old = oldKey === undefined ? undefined : fields.dict(oldKey);
    if (oldKey === undefined || old === undefined) return value ?? {};
    if (value !== undefined) {
      throw projectErrors['conflicting-keys'](
        { first: oldKey, second: key },
        { location: fields.file.locate([oldKey], 'key') },
      );
    }
    if (oldKey !== 'tests') warnings.add(deprecated(fields, oldKey, key));
    return old;
  };
  return {
    models: tree('models'),
    seeds: tree('seeds'),
    snapshots: tree('snapshots'),
    sources: tree('sources'),
    tests: tree('data_tests', 'tests'),
    unitTests: tree('unit_tests'),
    analyses: tree('analyses'),
    exposures: tree('exposures'),
    functions: tree('functions'),
    metrics: tree('metrics'),
    semanticModels: tree('semantic-models', 'semantic_models'),
    savedQueries: tree('saved-queries', 'saved_queries'),
  };
}

function parseDispatch(fields: Fields): readonly DispatchRule[] {
  return (fields.list('dispatch') ?? []).map((entry, i) => {
    const path = ['dispatch', i];
    if (!isPlainDict(entry))
      failAt(fields.file, path, 'a mapping with macro_namespace and search_order', entry);
    const rule = new Fields(entry, fields.file, path);
    return {
      macroNamespace: rule.text('macro_namespace') ?? rule.fail('macro_namespace', 'given', undefined),
      searchOrder: rule.texts('search_order') ?? rule.fail('search_order', 'given', undefined),
    };
  });
}

function parseQuoting(fields: Fields): Quoting {
  const quoting = fields.fields('quoting');
  const [database, schema, identifier] = [
    quoting?.bool('database') ?? quoting?.bool('project'),
    quoting?.bool('schema'),
    quoting?.bool('identifier'),
  ];
  return {
    ...(database !== undefined && { database }),
    ...(schema !== undefined && { schema }),
    ...(identifier !== undefined && { identifier }),
  };
}

function parseQueryComment(fields: Fields, rendered: PlainDict): QueryComment {
  const value = fields.any('query-comment');
  if (isPlainDict(value)) {
    const comment = new Fields(value, fields.file, ['query-comment']);
    return {
      comment: comment.text('comment') ?? null,
      append: comment.bool('append') ?? false,
      jobLabel: comment.bool('job-label') ?? false,
    };
  }
  // Written but empty means none; not written means dbt's own.
  if (value === undefined)
    return { comment: 'query-comment' in rendered ? '' : null, append: false, jobLabel: false };
  return { comment: fields.text('query-comment') ?? '', append: false, jobLabel: false };
}

function warnOfMistakes(fields: Fields, config: ProjectConfig, warnings: WarningList): void {
  for (const key of ['config-version', 'packages', 'dbt-cloud', 'project-root', 'config']) fields.has(key);
  fields.warnUnknown(warnings, 'dbt_project.yml');
  for (const flag of Object.keys(config.flags)) {
    const near = knownFlags.includes(flag) ? undefined : nearest(flag, knownFlags);
    if (near !== undefined) warnMisspelled(flag, near, fields.file, ['flags', flag], warnings);
  }
  const trees: Record<string, PlainDict> = {
    models: config.models,
    seeds: config.seeds,
    snapshots: config.snapshots,
    sources: config.sources,
    [fields.has('data_tests') ? 'data_tests' : 'tests']: config.tests,
  };
  for (const [key, tree] of Object.entries(trees)) checkConfigTree(tree, fields.file, [key], warnings);
}

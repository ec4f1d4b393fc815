/** A small project as the compiler takes it, made of files in a folder: what tests of targets build. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { parse } from 'yaml';
import type { Compilation } from '../compiler/index.ts';

/** A project, as reading one gives it. */
export type FixtureProject = Compilation['project'];
type Package = FixtureProject['packages'][number];
type Config = Package['config'];
type SourceFile = Package['files']['models'][number];

/** What a test may choose. */
export interface FixtureOptions {
  readonly vars?: Record<string, unknown>;
  readonly profile?: Partial<FixtureProject['profile']>;
  readonly config?: Partial<Config>;
}

/** The project `shop` of the files below `root`: `models`, `macros`, `seeds`; its database is `lake.duckdb`. */
export async function fixtureProject(root: string, options: FixtureOptions = {}): Promise<FixtureProject> {
  const models = await filesIn(root, 'models');
  const config: Config = {
    file: join(root, 'dbt_project.yml'),
    raw: {},
    unrendered: {},
    locate: () => ({ file: join(root, 'dbt_project.yml') }),
    name: 'shop',
    version: '1.0',
    profileName: 'shop',
    modelPaths: ['models'],
    seedPaths: ['seeds'],
    snapshotPaths: ['snapshots'],
    analysisPaths: ['analyses'],
    macroPaths: ['macros'],
    testPaths: ['tests'],
    functionPaths: ['functions'],
    docsPaths: [],
    assetPaths: [],
    ...emptyTrees,
    dispatch: [],
    onRunStart: [],
    onRunEnd: [],
    quoting: {},
    flags: {},
    queryComment: { comment: '', append: false, jobLabel: false },
    cleanTargets: [],
    targetPath: 'target',
    logPath: 'logs',
    packagesInstallPath: 'dbt_packages',
    requireDbtVersion: [],
    restrictAccess: false,
    selectors: [],
    ...options.config,
  };
  const only: Package = {
    name: 'shop',
    root,
    config,
    files: {
      models: models.filter(({ path }) => path.endsWith('.sql')),
      macros: await filesIn(root, 'macros'),
      genericTests: [],
      singularTests: [],
      snapshots: await filesIn(root, 'snapshots'),
      analyses: [],
      functions: [],
      seeds: (await filesIn(root, 'seeds')).map((file) => ({
        ...file,
        text: '',
        checksumName: 'sha256',
        sizeBytes: file.text.length,
      })),
      docs: [],
      properties: models
        .filter(({ path }) => path.endsWith('.yml'))
        .map((file) => ({
          ...file,
          data: parse(file.text) as Record<string, unknown>,
          locate: () => ({ file: file.path, line: 1 }),
        })),
      fixtures: [],
    },
  };
  return {
    root,
    name: 'shop',
    config,
    packages: [only],
    profile: fixtureProfile(root, options.profile),
    vars: options.vars ?? {},
    warnings: [],
  };
}

const emptyTrees = {
  vars: {},
  models: {},
  seeds: {},
  snapshots: {},
  sources: {},
  tests: {},
  unitTests: {},
  analyses: {},
  exposures: {},
  functions: {},
  metrics: {},
  semanticModels: {},
  savedQueries: {},
};

function fixtureProfile(
  root: string,
  more: Partial<FixtureProject['profile']> = {},
): FixtureProject['profile'] {
  const facts = {
    name: 'dev',
    type: 'duckdb',
    schema: 'main',
    database: 'lake',
    threads: 2,
    profile_name: 'shop',
  };
  return {
    profileName: 'shop',
    targetName: 'dev',
    file: join(root, 'profiles.yml'),
    type: 'duckdb',
    path: 'lake.duckdb',
    databaseFile: join(root, 'lake.duckdb'),
    catalogPlace: 'databaseFile' in more ? more.databaseFile : join(root, 'lake.duckdb'),
    lakehouse: {
      root: undefined,
      catalog: undefined,
      publish: 'per_run',
      branch: undefined,
      caFile: undefined,
      storageOptions: {},
      cache: undefined,
      python: undefined,
    },
    database: 'lake',
    ownDatabase: 'lake',
    schema: 'main',
    threads: 2,
    extensions: [],
    settings: {},
    configOptions: {},
    secrets: [],
    attach: [],
    plugins: [{ module: 'delta', alias: 'delta', config: {} }],
    externalRoot: 'out',
    filesystems: [],
    useCredentialProvider: undefined,
    retries: { connectAttempts: 1, queryAttempts: 1, retryableExceptions: [] },
    modulePaths: [],
    keepOpen: false,
    disableTransactions: false,
    isDucklake: false,
    targetDict: facts,
    raw: facts,
    ...more,
  };
}

async function filesIn(root: string, folder: string): Promise<SourceFile[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    paths
      .filter((path) => !basename(path).startsWith('.'))
      .sort()
      .map(async (path) => {
        const text = await readFile(path, 'utf8');
        return {
          path,
          relativePath: relative(root, path),
          text,
          sha256: createHash('sha256').update(text.trim()).digest('hex'),
          searchPath: folder,
        };
      }),
  );
}

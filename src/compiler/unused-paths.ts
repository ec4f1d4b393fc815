/** Parts of dbt_project.yml that configure nothing there is, which mostly are misspelled names of folders. */
import { join } from 'node:path';
import { isPlainDict, type ProjectConfig } from '../project/index.ts';
import type { Manifest, Plain } from './manifest.ts';
import type { Parsing } from './parsing.ts';

/** Warns of all of them at once, as dbt does. Needs the finished manifest. */
export function tellUnusedPaths(parsing: Parsing): void {
  const { project, manifest } = parsing;
  const unused = unusedPaths(project.config, manifest);
  if (unused.length === 0) return;
  const isOne = unused.length === 1;
  parsing.warn({
    code: 'project.unused-path',
    message: `${isOne ? 'A part' : `${unused.length} parts`} of dbt_project.yml ${isOne ? 'applies' : 'apply'} to no resource: ${unused.join(', ')}`,
    hint: 'The names after the kind are those of a package and of the folders below, or of the resource.',
    location: { file: join(project.root, 'dbt_project.yml') },
  });
}

/** The configured paths that no resource lies below, disabled ones included, such as `models.shop.staging`. Pure. */
export function unusedPaths(
  config: Pick<
    ProjectConfig,
    'models' | 'seeds' | 'snapshots' | 'sources' | 'tests' | 'unitTests' | 'exposures'
  >,
  manifest: Manifest,
): string[] {
  const nodesOf = (type: string): readonly Placed[] =>
    Object.values(manifest.nodes).filter((node) => node.resource_type === type);
  const disabled = namesOf(Object.values(manifest.disabled).flat());
  const kinds: readonly (readonly [name: string, tree: Plain, resources: () => readonly Placed[]])[] = [
    ['models', config.models, () => nodesOf('model')],
    ['seeds', config.seeds, () => nodesOf('seed')],
    ['snapshots', config.snapshots, () => nodesOf('snapshot')],
    ['sources', config.sources, () => Object.values(manifest.sources)],
    ['data_tests', config.tests, () => nodesOf('test')],
    ['unit_tests', config.unitTests, () => Object.values(manifest.unit_tests)],
    ['exposures', config.exposures, () => Object.values(manifest.exposures)],
  ];
  return kinds.flatMap(([name, tree, resources]) => {
    const paths = configuredPaths(tree);
    if (paths.length === 0) return [];
    const used = namesOf(resources());
    return paths
      .filter((path) => !used.has(path.join('\0')) && !disabled.has(path.join('\0')))
      .map((path) => [name, ...path].join('.'));
  });
}

interface Placed {
  readonly fqn: readonly string[];
}

/** Every beginning of every name in full: of the package, of the folders, of the resource itself. */
function namesOf(resources: readonly Placed[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { fqn } of resources)
    for (let length = 0; length <= fqn.length; length += 1) names.add(fqn.slice(0, length).join('\0'));
  return names;
}

/** The places in `tree` where something is set. What has no `+` and values of its own is a place: dbt can't tell it from a folder. */
function configuredPaths(tree: Plain, path: readonly string[] = []): (readonly string[])[] {
  const below: (readonly string[])[] = [];
  let isPlace = false;
  for (const [key, value] of Object.entries(tree)) {
    if (isPlainDict(value) && !key.startsWith('+')) below.push(...configuredPaths(value, [...path, key]));
    else isPlace = true;
  }
  return isPlace ? [path, ...below] : below;
}

/**
 * What a project says in a way that dbt means to give up: accepted, and told of once for each kind.
 *
 * The codes stand for dbt's event names, by which `--warn-error-options` may single them out.
 */
import type { SourceLocation } from '../base/index.ts';
import type { ManifestNode } from './manifest.ts';
import type { Parsing } from './parsing.ts';

/** The kinds of deprecation that are told of once in a parse, however often they occur. */
export type DeprecatedKind =
  | 'property-moved-to-config'
  | 'missing-arguments'
  | 'arguments-property'
  | 'exposure-name'
  | 'stray-block'
  | 'itertools'
  | 'same-name'
  | 'microbatch-macro'
  | 'cumulative-type-params'
  | 'unconfigured-time-spine'
  | 'spaces-in-name';

/** Tells of the first use of that kind, or of every one when all are asked for. The first one counts those after it. */
export function tellDeprecated(
  parsing: Parsing,
  kind: DeprecatedKind,
  message: string,
  locate: () => SourceLocation | undefined,
): void {
  parsing.warnOnce(`compiler.${kind}`, () => ({ message, hint: hints[kind], location: locate() }));
}

const hints: Readonly<Record<DeprecatedKind, string>> = {
  'property-moved-to-config': "Put it under 'config'.",
  'missing-arguments': "Put them under 'arguments'.",
  'arguments-property':
    "Set the flag 'require_generic_test_arguments_property' to true, or take the arguments out of 'arguments'.",
  'stray-block': 'Remove it.',
  itertools: 'Use filters and loops of Jinja instead.',
  'same-name': 'Rename one of them.',
  'spaces-in-name': 'Rename it: dbt will refuse it.',
  'microbatch-macro': "Set the flag 'require_batched_execution_for_custom_microbatch_strategy' to true.",
  'cumulative-type-params': "Put them below 'cumulative_type_params'.",
  'unconfigured-time-spine': "Give it a 'time_spine' in a property file.",
  'exposure-name': "Use letters, digits and underscores, and give the name people see as 'label'.",
};

/**
 * Tells of models whose `deprecation_date` has come, of models that refer to them, and of those that refer to models
 * whose date is still to come. Needs the manifest's maps.
 */
export function tellDeprecatedModels(parsing: Parsing): void {
  const { manifest, invocation } = parsing;
  for (const node of Object.values(manifest.nodes)) {
    if (node.resource_type !== 'model' || !node.deprecation_date) continue;
    const isPast = new Date(node.deprecation_date) < invocation.startedAt;
    const name = node.version == null ? node.name : `${node.name}.v${node.version}`;
    const date = node.deprecation_date.slice(0, 10);
    if (isPast) {
      const message = `The model ${name} is deprecated since ${date}`;
      parsing.warn({ code: 'compiler.deprecated-model', message, location: parsing.locate(node.unique_id) });
    }
    for (const child of childrenOf(parsing, node)) {
      const message = `The model ${child.name} refers to ${name}, ${isPast ? 'deprecated since' : 'to be deprecated on'} ${date}`;
      const code = isPast ? 'compiler.deprecated-reference' : 'compiler.upcoming-deprecation';
      const hint = 'Refer to another version of it, or to the model that takes its place.';
      parsing.warn({ code, message, hint, location: parsing.locate(child.unique_id) });
    }
  }
}

/** Tells of deprecated things in the code of the project and its packages. Needs the manifest's nodes and macros. */
export function tellDeprecatedCode(parsing: Parsing): void {
  const { manifest, registry, project } = parsing;
  for (const { name, location } of registry.strayBlocks) {
    tellDeprecated(parsing, 'stray-block', `{% ${name} %} ends a block that never began`, () => location);
  }
  for (const node of Object.values(manifest.nodes)) tellItertools(parsing, node.raw_code, node);
  for (const macro of Object.values(manifest.macros)) tellItertools(parsing, macro.macro_sql, macro);
  const batched = project.config.flags['require_batched_execution_for_custom_microbatch_strategy'] === true;
  const macro = batched ? undefined : registry.find('get_incremental_microbatch_sql', registry.rootName);
  if (macro === undefined || macro.builtIn) return;
  const isMicrobatch = ({ config }: ManifestNode): boolean =>
    config.materialized === 'incremental' && config.incremental_strategy === 'microbatch';
  if (!Object.values(manifest.nodes).some(isMicrobatch)) return;
  const message = "The project's own macro 'get_incremental_microbatch_sql' gets all batches at once";
  tellDeprecated(parsing, 'microbatch-macro', message, () => ({ file: macro.file }));
}

function tellItertools(
  parsing: Parsing,
  code: string,
  {
    package_name: packageName,
    original_file_path: path,
  }: { package_name: string; original_file_path: string },
): void {
  if (!code.includes('itertools')) return;
  for (const [, name] of code.matchAll(/\bmodules\s*\.\s*itertools\s*\.\s*(\w+)/g)) {
    const file = `${parsing.packageNamed(packageName)?.root ?? ''}/${path}`;
    tellDeprecated(parsing, 'itertools', `modules.itertools.${name} is going away`, () => ({ file }));
  }
}

function childrenOf({ manifest }: Parsing, node: ManifestNode): readonly ManifestNode[] {
  const children = (manifest.child_map[node.unique_id] ?? []).map((id) => manifest.nodes[id]);
  return children.filter((child) => child?.resource_type === 'model') as readonly ManifestNode[];
}

/** From a verb and what the user selected to the nodes it is about. */
import { didYouMean } from '../base/index.ts';
import { type ManifestNode, planSelection, type ResourceType } from '../compiler/index.ts';
import { workflowErrors } from './errors.ts';
import type { SelectOptions } from './options.ts';
import type { ProjectSession } from './project-session.ts';

/** dbt's spelling of what can be selected. */
const selectable: readonly ResourceType[] = [
  'model',
  'seed',
  'snapshot',
  'test',
  'unit_test',
  'source',
  'exposure',
  'analysis',
  'metric',
  'saved_query',
  'semantic_model',
  'function',
];

/**
 * The ids that `options` select among `types`, in the manifest's order. Says what matched nothing.
 *
 * @param types what the verb is about; `resourceTypes` of the options narrows it.
 * @throws compiler.bad-selector, workflows.bad-resource-type
 */
export function selectIds(
  session: ProjectSession,
  options: SelectOptions,
  types: readonly ResourceType[],
): readonly string[] {
  const wanted = narrow(types, options.resourceTypes);
  const { ids, warnings } = planSelection(session.compilation.manifest, {
    select: options.select,
    exclude: options.exclude,
    selector: options.selector,
    selectors: session.project.config.selectors,
    indirectSelection: session.settings.indirectSelection,
    resourceTypes: wanted,
    excludeResourceTypes: options.excludeResourceTypes?.flatMap(readTypes),
    projectName: session.project.name,
    ...(session.previous === undefined ? {} : { state: session.previous }),
  });
  for (const warning of warnings) session.warn(warning);
  return [...ids];
}

/** Like `selectIds`, without the tests that only come along with what they test. */
export function selectNamed(
  session: ProjectSession,
  options: SelectOptions,
  types: readonly ResourceType[],
): readonly string[] {
  const alone = { ...session, settings: { ...session.settings, indirectSelection: 'empty' as const } };
  return selectIds(alone, options, types);
}

/**
 * The selected nodes that do something when run: ephemeral models are part of what reads them, and
 * analyses are only compiled.
 */
export function selectRunnable(
  session: ProjectSession,
  options: SelectOptions,
  types: readonly ResourceType[],
): readonly string[] {
  const { nodes } = session.compilation.manifest;
  return selectIds(session, options, types).filter((id) => {
    const node: ManifestNode | undefined = nodes[id];
    return node === undefined || node.config.materialized !== 'ephemeral';
  });
}

function narrow(
  types: readonly ResourceType[],
  given: readonly string[] | undefined,
): readonly ResourceType[] {
  if (given === undefined || given.length === 0) return types;
  const asked = given.flatMap((type) =>
    type === 'all' ? [...types] : type === 'default' ? [...types] : readTypes(type),
  );
  return types.filter((type) => asked.includes(type));
}

function readTypes(type: string): readonly ResourceType[] {
  const found = selectable.find((known) => known === type);
  if (found !== undefined) return [found];
  throw workflowErrors['bad-resource-type'](
    { type, known: selectable },
    { hint: didYouMean(type, selectable) },
  );
}

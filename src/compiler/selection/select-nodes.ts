/** From what the command line and selectors.yml say to a set of unique ids. */
import { nearest } from '../../base/index.ts';
import type { IndirectSelection, ProjectWarning, Selector } from '../../project/index.ts';
import type { Manifest, ResourceType } from '../manifest.ts';
import type { Criterion } from './criterion.ts';
import { evaluate } from './evaluate.ts';
import { type Expression, parseSelection, selectorExpression } from './expression.ts';
import type { PreviousState } from './state.ts';
import { buildUniverse, type Member, type Universe } from './universe.ts';

/** What to select. Without `select` and `selector`: everything, less `exclude`. */
export interface SelectionSpec {
  /** `--select`: criteria with spaces or in several entries are a union, with commas an intersection. */
  readonly select?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** `--selector`: a selector of selectors.yml by name; `select` and `exclude` are then not looked at. */
  readonly selector?: string | undefined;
  /** From selectors.yml. Its default selector counts when neither `select`, `exclude` nor `selector` is given. */
  readonly selectors?: readonly Selector[] | undefined;
  /** Eager unless given. */
  readonly indirectSelection?: IndirectSelection | undefined;
  /** Only resources of these types are in the result. */
  readonly resourceTypes?: readonly ResourceType[] | undefined;
  readonly excludeResourceTypes?: readonly ResourceType[] | undefined;
  /** For `package:this`; the manifest's metadata unless given. */
  readonly projectName?: string | undefined;
  /** For `state:` and `result:`. */
  readonly state?: PreviousState | undefined;
}

/** What was selected, and what a person should be told about it. */
export interface SelectionResult {
  /** In the manifest's order. */
  readonly ids: ReadonlySet<string>;
  /** A criterion that matches nothing, with the nearest name. */
  readonly warnings: readonly ProjectWarning[];
}

/**
 * The unique ids that `spec` selects, in the manifest's order. Pure.
 *
 * @throws compiler.bad-selector, compiler.unknown-selector, compiler.no-state
 */
export function selectNodes(manifest: Manifest, spec: SelectionSpec): Set<string> {
  return new Set(planSelection(manifest, spec).ids);
}

/**
 * What `spec` selects, with what a person should be told about it. Pure.
 *
 * @throws compiler.bad-selector, compiler.unknown-selector, compiler.no-state
 */
export function planSelection(manifest: Manifest, spec: SelectionSpec): SelectionResult {
  const universe = buildUniverse(manifest);
  const projectName = spec.projectName ?? nameIn(manifest);
  const warnings: ProjectWarning[] = [];
  const context = { universe, manifest, projectName, state: spec.state };
  const { direct } = evaluate(expressionOf(spec), context, (written, criteria) => {
    warnings.push(nothingSelected(written, criteria, universe));
  });
  const ids = new Set<string>();
  for (const member of universe.members.values()) {
    if (direct.has(member.id) && isWanted(member, spec)) ids.add(member.id);
  }
  return { ids, warnings };
}

function nameIn(manifest: Manifest): string | undefined {
  const name = manifest.metadata['project_name'];
  return typeof name === 'string' ? name : undefined;
}

function expressionOf(spec: SelectionSpec): Expression {
  const selectors = spec.selectors ?? [];
  const context = { selectors, indirect: spec.indirectSelection ?? 'eager' };
  if (spec.selector !== undefined) return selectorExpression(spec.selector, context);
  const select = spec.select === undefined || spec.select.length === 0 ? undefined : spec.select;
  const exclude = spec.exclude === undefined || spec.exclude.length === 0 ? undefined : spec.exclude;
  const initial = selectors.find((one) => one.isDefault);
  if (select === undefined && exclude === undefined && initial)
    return selectorExpression(initial.name, context);
  return parseSelection(select, exclude, context);
}

/** The right type, and not an empty file: dbt never runs those. */
function isWanted(member: Member, spec: SelectionSpec): boolean {
  if (spec.resourceTypes && !spec.resourceTypes.includes(member.type)) return false;
  if (spec.excludeResourceTypes?.includes(member.type)) return false;
  const { raw_code: code } = member.entry;
  return member.type === 'seed' || typeof code !== 'string' || code.trim() !== '';
}

function nothingSelected(
  written: string,
  criteria: readonly Criterion[],
  universe: Universe,
): ProjectWarning {
  const near = criteria.map((one) => suggestionFor(one, universe)).find((one) => one !== undefined);
  return {
    code: 'compiler.nothing-selected',
    message: `The selection '${written}' matches nothing`,
    ...(near !== undefined && { hint: `Did you mean '${near}'?` }),
  };
}

/** The nearest value that the criterion's method would find. */
function suggestionFor(criterion: Criterion, universe: Universe): string | undefined {
  const names = new Set<string>();
  for (const member of universe.members.values())
    for (const name of namesFor(criterion, member)) names.add(name);
  const value = String(criterion.value);
  if (names.has(value)) return undefined;
  const near = nearest(value, names);
  if (near === undefined) return undefined;
  return criterion.raw.includes(':') ? `${methodText(criterion)}:${near}` : near;
}

function methodText(criterion: Criterion): string {
  return [criterion.method, ...criterion.arguments].join('.');
}

function namesFor(criterion: Criterion, member: Member): readonly string[] {
  switch (criterion.method) {
    case 'fqn':
      return member.type === 'source' || member.type === 'test'
        ? []
        : [member.name, ...member.fqn.slice(0, -1)];
    case 'tag':
      return member.tags;
    case 'source': {
      if (member.type !== 'source') return [];
      const source = String(member.entry['source_name']);
      return [source, `${source}.${member.name}`];
    }
    case 'path': {
      const parts = member.originalFilePath.split('/');
      return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    }
    case 'file':
      return [member.originalFilePath.split('/').at(-1) ?? ''];
    case 'package':
      return [member.packageName];
    case 'exposure':
    case 'metric':
    case 'semantic_model':
    case 'saved_query':
    case 'unit_test':
      return member.type === criterion.method ? [member.name] : [];
    case 'group':
      return typeof member.config['group'] === 'string' ? [member.config['group']] : [];
    case 'config': {
      const value = criterion.arguments.reduce<unknown>(
        (at, key) =>
          typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined,
        member.config,
      );
      return typeof value === 'string' ? [value] : [];
    }
    default:
      return [];
  }
}

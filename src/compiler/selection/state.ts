/** Comparing with an earlier run: `state:`, `result:` and `source_status:`. */
import { didYouMean } from '../../base/index.ts';
import type { Manifest } from '../manifest.ts';
import type { Criterion } from './criterion.ts';
import { selectionErrors } from './errors.ts';
import { dictOf, type Member } from './universe.ts';

/** Artifacts of an earlier run: what `--state` names. */
export interface PreviousState {
  readonly manifest?: Manifest | undefined;
  /** `results` of its run_results.json. */
  readonly results?: readonly { readonly unique_id: string; readonly status: string }[] | undefined;
}

/**
 * Whether members match a criterion that looks at an earlier run.
 *
 * @throws compiler.no-state when that part of it wasn't given, compiler.bad-selector
 */
export function matchesState(
  criterion: Criterion,
  manifest: Manifest,
  previous: PreviousState | undefined,
): (member: Member) => boolean {
  const value = String(criterion.value);
  if (criterion.method === 'source_status') throw missing(criterion, 'sources.json');
  if (criterion.method === 'result') {
    if (previous?.results === undefined) throw missing(criterion, 'run_results.json');
    const matching = new Set(previous.results.filter((r) => r.status === value).map((r) => r.unique_id));
    return (m) => matching.has(m.id);
  }
  if (previous?.manifest === undefined) throw missing(criterion, 'manifest.json');
  const before = entriesOf(previous.manifest);
  const check = stateChecks(manifest, previous.manifest)[value];
  if (check === undefined) {
    const known = Object.keys(stateChecks(manifest, previous.manifest));
    throw selectionErrors['bad-selector'](
      { selector: criterion.raw, problem: `there is no state '${value}'` },
      { hint: didYouMean(value, known) ?? `The states are: ${known.join(', ')}.` },
    );
  }
  return (m) => check(before.get(m.id), m.entry);
}

function missing(criterion: Criterion, needs: string): Error {
  return selectionErrors['no-state']({ selector: criterion.raw, needs });
}

type Entry = Readonly<Record<string, unknown>>;
type Check = (before: Entry | undefined, now: Entry) => boolean;

function entriesOf(manifest: Manifest): ReadonlyMap<string, Entry> {
  const groups = [
    manifest.nodes,
    manifest.sources,
    manifest.exposures,
    manifest.metrics,
    manifest.unit_tests,
    manifest.semantic_models,
    manifest.saved_queries,
    manifest.functions,
  ];
  return new Map(groups.flatMap((group) => Object.entries(group ?? {}) as [string, Entry][]));
}

function stateChecks(manifest: Manifest, previous: Manifest): Readonly<Record<string, Check>> {
  const macrosDiffer = macroCheck(manifest, previous);
  const differs =
    (facts: (entry: Entry) => unknown): Check =>
    (before, now) =>
      before === undefined || !isSame(facts(before), facts(now));
  const parts = {
    body: differs(bodyOf),
    configs: differs((entry) => entry['unrendered_config']),
    relation: differs(relationOf),
    persisted_descriptions: differs(descriptionsOf),
    contract: differs((entry) => dictOf(entry['contract'])['checksum'] ?? null),
  };
  const modified: Check = (before, now) =>
    before === undefined ||
    Object.values(parts).some((check) => check(before, now)) ||
    !isSame(before['fqn'], now['fqn']) ||
    macrosDiffer(now);
  return {
    new: (before) => before === undefined,
    old: (before) => before !== undefined,
    modified,
    unmodified: (before, now) => !modified(before, now),
    'modified.body': parts.body,
    'modified.configs': parts.configs,
    'modified.relation': parts.relation,
    'modified.persisted_descriptions': parts.persisted_descriptions,
    'modified.contract': parts.contract,
    'modified.macros': (_, now) => macrosDiffer(now),
  };
}

/** What a resource does: the text of nodes, everything that is configured of the rest. */
function bodyOf(entry: Entry): unknown {
  switch (entry['resource_type']) {
    case 'seed':
      return entry['checksum'];
    case 'model':
    case 'snapshot':
    case 'analysis':
    case 'test':
      return [entry['raw_code'], dictOf(entry['test_metadata'])];
    case 'source':
      return [entry['loaded_at_field'], entry['freshness'], entry['external'], entry['identifier']];
    case 'unit_test':
      return [entry['model'], entry['given'], entry['expect'], entry['overrides'], entry['versions']];
    case 'exposure':
      return [
        entry['type'],
        entry['owner'],
        entry['url'],
        entry['label'],
        entry['maturity'],
        entry['depends_on'],
      ];
    default:
      return { ...entry, created_at: 0, config: null };
  }
}

/** Where it is, as configured: a different target's schema alone is no change. */
function relationOf(entry: Entry): unknown {
  const config = dictOf(entry['unrendered_config']);
  if (entry['resource_type'] === 'source') {
    return [entry['unrendered_database'], entry['unrendered_schema'], entry['identifier'], entry['quoting']];
  }
  return [config['database'], config['schema'], config['alias'], dictOf(entry['config'])['alias'] ?? null];
}

/** Descriptions count only where they are written to the database. */
function descriptionsOf(entry: Entry): unknown {
  const persisted = dictOf(dictOf(entry['config'])['persist_docs']);
  const columns = Object.entries(dictOf(entry['columns'])).map(([name, c]) => [
    name,
    dictOf(c)['description'],
  ]);
  return [persisted['relation'] ? entry['description'] : null, persisted['columns'] ? columns : null];
}

/** Whether a resource uses, at any depth, a macro whose text is another one than before. */
function macroCheck(manifest: Manifest, previous: Manifest): (entry: Entry) => boolean {
  const changed = new Set(
    [...Object.keys(manifest.macros), ...Object.keys(previous.macros)].filter(
      (id) => manifest.macros[id]?.macro_sql !== previous.macros[id]?.macro_sql,
    ),
  );
  const verdicts = new Map<string, boolean>();
  const usesChanged = (id: string): boolean => {
    const known = verdicts.get(id);
    if (known !== undefined) return known;
    // Macros may call each other in circles: while one is being looked at it counts as unchanged.
    verdicts.set(id, changed.has(id));
    const verdict = changed.has(id) || (manifest.macros[id]?.depends_on.macros ?? []).some(usesChanged);
    verdicts.set(id, verdict);
    return verdict;
  };
  return (entry) => {
    if (changed.size === 0) return false;
    const macros = dictOf(entry['depends_on'])['macros'];
    return Array.isArray(macros) && macros.some((id) => usesChanged(String(id)));
  };
}

/** Equality of plain data, whatever the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Entry, b as Entry];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => isSame(left[key], right[key]));
}

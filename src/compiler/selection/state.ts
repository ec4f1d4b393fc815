/** Comparing with an earlier run: `state:`, `result:` and `source_status:`. */
import { didYouMean } from '../../base/index.ts';
import type { Manifest } from '../manifest.ts';
import { type ContractBreak, tellContractBreaks } from './contract-breaks.ts';
import type { Criterion } from './criterion.ts';
import { selectionErrors } from './errors.ts';
import { dictOf, type Member } from './universe.ts';

/** Artifacts of an earlier run: what `--state` names. */
export interface PreviousState {
  readonly manifest?: Manifest | undefined;
  /** `results` of its run_results.json. */
  readonly results?: readonly { readonly unique_id: string; readonly status: string }[] | undefined;
  /** Its sources.json. */
  readonly sources?: SourceTimes | undefined;
  /** Whether sources are compared by the database and schema that are written, not by what those came to. */
  readonly comparesUnrendered?: boolean | undefined;
  /** Told of contracts that are broken since. */
  readonly tell?: ((broken: ContractBreak) => void) | undefined;
  /** The sources.json of now, in `target/`. */
  readonly sourcesNow?: SourceTimes | undefined;
}

/** When the rows of sources were last loaded, in milliseconds since 1970; null where that couldn't be found out. */
export type SourceTimes = ReadonlyMap<string, number | null>;

/**
 * Whether members match a criterion that looks at an earlier run.
 *
 * @throws compiler.no-state when that part of it wasn't given, compiler.bad-selector, compiler.broken-contract
 */
export function matchesState(
  criterion: Criterion,
  manifest: Manifest,
  previous: PreviousState | undefined,
): (member: Member) => boolean {
  const value = String(criterion.value);
  if (criterion.method === 'source_status') return fresherSources(criterion, value, previous);
  if (criterion.method === 'result') {
    if (previous?.results === undefined) throw missing(criterion, 'run_results.json');
    const matching = new Set(previous.results.filter((r) => r.status === value).map((r) => r.unique_id));
    return (m) => matching.has(m.id);
  }
  if (previous?.manifest === undefined) throw missing(criterion, 'manifest.json');
  const before = entriesOf(previous.manifest);
  const checks = stateChecks(manifest, previous.manifest, previous.comparesUnrendered === true);
  const check = checks[value];
  if (check === undefined) {
    const known = Object.keys(checks);
    throw selectionErrors['bad-selector'](
      { selector: criterion.raw, problem: `there is no state '${value}'` },
      { hint: didYouMean(value, known) ?? `The states are: ${known.join(', ')}.` },
    );
  }
  if (value === 'modified' || value === 'unmodified' || value === 'modified.contract')
    tellContractBreaks(manifest, previous.manifest, previous.tell ?? (() => {}));
  return (m) => check(before.get(m.id), m.entry);
}

/** Sources that have been loaded since, or weren't looked at then. */
function fresherSources(
  criterion: Criterion,
  value: string,
  previous: PreviousState | undefined,
): (member: Member) => boolean {
  const before = previous?.sources;
  const now = previous?.sourcesNow;
  if (before === undefined) throw missing(criterion, 'sources.json');
  if (now === undefined) {
    throw selectionErrors['no-state'](
      { selector: criterion.raw, needs: 'sources.json' },
      { hint: 'Run `boathouse source freshness` first: it writes the sources.json of now.' },
    );
  }
  if (value !== 'fresher') {
    throw selectionErrors['bad-selector'](
      { selector: criterion.raw, problem: `there is no source status '${value}'` },
      { hint: 'The only one is fresher.' },
    );
  }
  return ({ id }) => {
    const at = now.get(id);
    const then = before.get(id);
    if (at === undefined || at === null || then === null) return false;
    return then === undefined || at > then;
  };
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

function stateChecks(
  manifest: Manifest,
  previous: Manifest,
  comparesUnrendered: boolean,
): Readonly<Record<string, Check>> {
  const macrosDiffer = macroCheck(manifest, previous);
  const differs =
    (facts: (entry: Entry) => unknown): Check =>
    (before, now) =>
      before === undefined || !isSame(facts(before), facts(now));
  const parts = {
    body: differs(bodyOf),
    configs: differs(configOf),
    relation: differs((entry) => relationOf(entry, comparesUnrendered)),
    persisted_descriptions: (before: Entry | undefined, now: Entry): boolean =>
      before === undefined || !isSame(descriptionsOf(before, now), descriptionsOf(now, now)),
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
    'modified.body': ofNodes(parts.body),
    'modified.configs': parts.configs,
    'modified.relation': parts.relation,
    'modified.persisted_descriptions': ofNodes(parts.persisted_descriptions),
    'modified.contract': ofNodes(parts.contract),
    'modified.macros': (_, now) => macrosDiffer(now),
  };
}

/** Of resources that aren't nodes, dbt knows no such part. */
function ofNodes(check: Check): Check {
  return (before, now) => nodeTypes.has(String(now['resource_type'])) && check(before, now);
}

const nodeTypes: ReadonlySet<string> = new Set(['model', 'seed', 'snapshot', 'test', 'analysis']);

/** What a resource does: the text of nodes, everything that is configured of the rest. */
function bodyOf(entry: Entry): unknown {
  switch (entry['resource_type']) {
    case 'seed':
      return entry['checksum'];
    case 'test':
      // Of a generic test its name says all, with a hash of its arguments.
      return 'test_metadata' in entry ? null : entry['raw_code'];
    case 'model':
      return [entry['raw_code'], entry['latest_version'], entry['access'], entry['deprecation_date']];
    case 'snapshot':
    case 'analysis':
      return entry['raw_code'];
    case 'source':
      return [entry['loaded_at_field'], entry['freshness'], entry['external'], entry['identifier']];
    case 'unit_test':
      return entry['checksum'];
    case 'exposure':
      return [
        entry['type'],
        entry['owner'],
        entry['url'],
        entry['label'],
        entry['maturity'],
        entry['depends_on'],
      ];
    case 'metric':
      // dbt doesn't look at what a metric is computed from.
      return [entry['type'], entry['description'], entry['label']];
    case 'semantic_model':
      return semanticKeys.map((key) => entry[key]);
    case 'saved_query':
      return savedQueryBody(entry);
    case 'function':
      return [entry['raw_code'], entry['arguments'], entry['returns']];
    default:
      return { ...entry, created_at: 0, config: null };
  }
}

const semanticKeys = [
  'model',
  'description',
  'defaults',
  'entities',
  'dimensions',
  'measures',
  'config',
  'primary_entity',
  'group',
];

function savedQueryBody(entry: Entry): unknown {
  const { metrics, group_by: groups, where } = dictOf(entry['query_params']);
  const exports = Array.isArray(entry['exports']) ? entry['exports'] : [];
  const written = exports.map((one) => {
    const { export_as: kind, schema, alias } = dictOf(dictOf(one)['unrendered_config']);
    return [dictOf(one)['name'], kind, schema, alias];
  });
  const { description, label, config, group, tags } = entry;
  return [metrics, groups, where, description, label, config, group, tags, written];
}

/** What is configured, without what says where it is and how it is grouped: those are no changes of their own. */
function configOf(entry: Entry): unknown {
  const {
    database: _d,
    schema: _s,
    alias: _a,
    tags: _t,
    group: _g,
    ...rest
  } = dictOf(entry['unrendered_config']);
  return rest;
}

/** Where it is, as configured: a different target's schema alone is no change. */
function relationOf(entry: Entry, comparesUnrendered: boolean): unknown {
  const config = dictOf(entry['unrendered_config']);
  if (entry['resource_type'] === 'source') {
    const place = comparesUnrendered ? ['unrendered_database', 'unrendered_schema'] : ['database', 'schema'];
    return [...place.map((key) => entry[key]), entry['identifier'], entry['quoting']];
  }
  return [config['database'], config['schema'], config['alias'], dictOf(entry['config'])['alias'] ?? null];
}

/** Descriptions count only where they are written to the database now. */
function descriptionsOf(entry: Entry, now: Entry): unknown {
  const persisted = dictOf(dictOf(now['config'])['persist_docs']);
  const columns = Object.entries(dictOf(entry['columns'])).map(([name, c]) => [
    name,
    dictOf(c)['description'],
  ]);
  return [persisted['relation'] ? entry['description'] : null, persisted['columns'] ? columns : null];
}

/**
 * Whether a resource uses, at any depth, a macro whose text is another one than before. What is built in
 * doesn't count: in a manifest of dbt's it has other texts, and nobody changed the project. Nor do line ends,
 * which dbt keeps as the file has them.
 */
function macroCheck(manifest: Manifest, previous: Manifest): (entry: Entry) => boolean {
  const textIn = ({ macros }: Manifest, id: string): string | undefined =>
    macros[id]?.macro_sql.replaceAll('\r\n', '\n');
  const changed = new Set(
    [...Object.keys(manifest.macros), ...Object.keys(previous.macros)].filter(
      (id) => !builtInMacro.test(id) && textIn(manifest, id) !== textIn(previous, id),
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

const builtInMacro = /^macro\.(?:dbt|dbt_duckdb)\./;

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

/** Whether semantic models can be joined and aggregated: keys, time dimensions, measures. */
import { aggregations, granularities } from './choices.ts';
import { type Problems, repeated } from './problems.ts';
import type { Dimension, ManifestSemanticModel, Measure } from './resources.ts';

/** Notes what is wrong with each semantic model, and between them. */
export function checkSemanticModels(models: readonly ManifestSemanticModel[], problems: Problems): void {
  const ofMeasure = new Map<string, string>();
  for (const model of models) {
    for (const measure of model.measures) {
      checkMeasure(model, measure, problems);
      const other = ofMeasure.get(measure.name);
      if (other !== undefined)
        problems.add(model.unique_id, `its measure '${measure.name}' is one of '${other}' already`);
      else ofMeasure.set(measure.name, model.name);
    }
    checkValidity(model, problems);
    checkKeys(model, problems);
    checkNames(model, problems);
    checkLabels(model, problems);
    const time = model.defaults?.agg_time_dimension;
    if (time != null && !isTimeDimension(model, time))
      problems.add(
        model.unique_id,
        `the default agg_time_dimension '${time}' is none of its time dimensions`,
      );
  }
  checkBetween(models, problems);
}

function isTimeDimension(model: ManifestSemanticModel, name: string): boolean {
  return model.dimensions.some((dimension) => dimension.name === name && dimension.type === 'time');
}

function checkMeasure(model: ManifestSemanticModel, measure: Measure, problems: Problems): void {
  const say = (problem: string): void =>
    problems.add(model.unique_id, `its measure '${measure.name}' ${problem}`);
  const time = measure.agg_time_dimension ?? model.defaults?.agg_time_dimension ?? null;
  if (time === null) say(`needs an agg_time_dimension, its own or a default one`);
  else if (!isTimeDimension(model, time))
    say(`has the agg_time_dimension '${time}', which is no time dimension of the semantic model`);
  if (measure.agg === 'count' && measure.expr === null) say(`counts, and needs an 'expr': 1 to count rows`);
  if (measure.agg === 'count' && measure.expr?.toLowerCase().startsWith('distinct '))
    say(`counts distinct values: use 'agg: count_distinct'`);
  checkPercentile(measure, say);
  checkNonAdditive(model, measure, time, say);
}

function checkPercentile(measure: Measure, say: (problem: string) => void): void {
  const params = measure.agg_params;
  const percentile =
    params?.percentile === null || params === null ? null : Number(numberIn(params.percentile));
  if (measure.agg === 'percentile') {
    if (percentile === null) say(`needs 'agg_params.percentile'`);
    else if (!(percentile > 0 && percentile < 1))
      say(`has the percentile ${percentile}, which has to be between 0 and 1`);
  } else if (measure.agg === 'median') {
    if (percentile !== null && percentile !== 0.5) say(`is a median, and has another percentile`);
    if (params?.use_discrete_percentile) say(`is a median, which can't use_discrete_percentile`);
  } else if (percentile || params?.use_discrete_percentile || params?.use_approximate_percentile) {
    say(`has agg_params, which only percentiles have`);
  }
}

function numberIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

function checkNonAdditive(
  model: ManifestSemanticModel,
  measure: Measure,
  time: string | null,
  say: (problem: string) => void,
): void {
  const fixed = measure.non_additive_dimension;
  if (fixed === null) return;
  const dimension = model.dimensions.find(({ name }) => name === fixed.name);
  if (dimension === undefined) say(`has the non_additive_dimension '${fixed.name}', which isn't there`);
  else if (dimension.type !== 'time') say(`has the non_additive_dimension '${fixed.name}', which is no time`);
  const base = model.dimensions.find(({ name }) => name === time)?.type_params?.time_granularity;
  const own = dimension?.type_params?.time_granularity;
  if (own !== undefined && base !== undefined && own !== base)
    say(`has a non_additive_dimension by ${own} and an agg_time_dimension by ${base}`);
  if (!aggregations.slice(1, 3).includes(fixed.window_choice))
    say(`has the window_choice '${fixed.window_choice}', which has to be min or max`);
  const entities = new Set(model.entities.map(({ name }) => name));
  const unknown = fixed.window_groupings.filter((name) => !entities.has(name));
  if (unknown.length > 0) say(`has window_groupings that are no entities: ${unknown.join(', ')}`);
}

/** Rows that hold for a stretch of time: two dimensions say for which, and a natural entity tells them apart. */
function checkValidity(model: ManifestSemanticModel, problems: Problems): void {
  const say = (problem: string): void => problems.add(model.unique_id, problem);
  const natural = model.entities.filter(({ type }) => type === 'natural').map(({ name }) => name);
  const bounds = model.dimensions.filter(({ type_params: params }) => params?.validity_params);
  if (new Set(natural).size > 1) say(`it has several natural entities: ${natural.join(', ')}`);
  if (natural.length > 0 && bounds.length === 0)
    say('its natural entity needs dimensions with validity_params');
  if (bounds.length === 0) return;
  const count = (key: 'is_start' | 'is_end'): number =>
    bounds.filter(({ type_params: params }) => params?.validity_params?.[key]).length;
  if (bounds.length !== 2 || count('is_start') !== 1 || count('is_end') !== 1)
    say('of its dimensions with validity_params there have to be two, one is_start and one is_end');
  if (natural.length === 0) say('its validity_params need an entity of the type natural');
  if (model.entities.some(({ type }) => type === 'primary' || type === 'unique'))
    say('with validity_params it can have no primary or unique entity');
  if (model.measures.length > 0) say('with validity_params it can have no measures');
}

function checkKeys(model: ManifestSemanticModel, problems: Problems): void {
  const primary = model.entities.filter(({ type }) => type === 'primary').map(({ name }) => name);
  if (primary.length > 1)
    problems.add(model.unique_id, `it has several primary entities: ${primary.join(', ')}`);
  else if (primary.length === 1 && model.primary_entity !== null)
    problems.add(model.unique_id, `it has the primary entity '${primary[0]}', and primary_entity beside it`);
  else if (primary.length === 0 && model.primary_entity === null && model.dimensions.length > 0)
    problems.add(
      model.unique_id,
      'its dimensions need a primary entity: an entity of that type, or primary_entity',
    );
}

const reserved: ReadonlySet<string> = new Set(
  'AND AS CREATE DISTINCT FOR FROM FULL HAVING IN INNER INTO IS JOIN LEFT LIKE NATURAL NOT NULL ON OR RIGHT SELECT UNION USING WHERE WITH'.split(
    ' ',
  ),
);

function checkNames(model: ManifestSemanticModel, problems: Problems): void {
  problems.checkName(model.unique_id, model.name);
  const elements = [...model.measures, ...model.entities, ...model.dimensions].map(({ name }) => name);
  for (const name of repeated(elements))
    problems.add(
      model.unique_id,
      `the name '${name}' is that of two of its measures, entities and dimensions`,
    );
  for (const name of elements) {
    problems.checkName(model.unique_id, name);
    if (reserved.has(name.toUpperCase()))
      problems.add(model.unique_id, `'${name}' is a reserved word of SQL`);
  }
  const parts = model.node_relation?.relation_name?.split('.') ?? [];
  for (const part of parts) {
    if (reserved.has(part.toUpperCase()))
      problems.add(model.unique_id, `its relation's '${part}' is a reserved word of SQL`);
  }
}

function checkLabels(model: ManifestSemanticModel, problems: Problems): void {
  for (const key of ['dimensions', 'entities', 'measures'] as const) {
    const labels = model[key].flatMap(({ label }) => (label === null ? [] : [label]));
    for (const label of repeated(labels))
      problems.add(model.unique_id, `the label '${label}' is that of several of its ${key}`);
  }
}

/** One name means one thing in all semantic models. */
function checkBetween(models: readonly ManifestSemanticModel[], problems: Problems): void {
  const kinds = new Map<string, string>();
  const dimensions = new Map<string, Dimension>();
  const labels = new Map<string, string>();
  const ofEntity = new Map<string, string>();
  const pairs = new Set<string>();
  for (const model of models) {
    const { unique_id: id } = model;
    if (model.label !== null) {
      const other = labels.get(model.label);
      if (other !== undefined) problems.add(id, `the label '${model.label}' is that of '${other}'`);
      else labels.set(model.label, model.name);
    }
    for (const key of ['measures', 'dimensions', 'entities'] as const) {
      for (const { name } of model[key]) {
        const before = kinds.get(name);
        if (before !== undefined && before !== key)
          problems.add(id, `'${name}' is one of its ${key}, and elsewhere one of the ${before}`);
        else kinds.set(name, key);
      }
    }
    const primary =
      model.primary_entity ?? model.entities.find(({ type }) => type === 'primary')?.name ?? null;
    for (const dimension of model.dimensions) {
      const before = dimensions.get(dimension.name);
      if (before === undefined) dimensions.set(dimension.name, dimension);
      else if (before.type !== dimension.type || before.is_partition !== dimension.is_partition)
        problems.add(id, `its dimension '${dimension.name}' has another type, or is_partition, elsewhere`);
      if (primary === null) continue;
      const pair = `${primary}__${dimension.name}`;
      if (pairs.has(pair)) problems.add(id, `another semantic model has '${pair}' as well`);
      pairs.add(pair);
    }
    for (const { name, label } of model.entities) {
      if (label === null) continue;
      if ((ofEntity.get(name) ?? label) !== label)
        problems.add(id, `its entity '${name}' has another label elsewhere`);
      else ofEntity.set(name, label);
    }
  }
}

/** The shortest of some lengths of time, by its place among `granularities`. */
export function shortest(lengths: readonly string[]): number {
  return Math.min(...lengths.map((length) => granularities.indexOf(length)));
}

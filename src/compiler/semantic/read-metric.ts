/** A metric of a property file, or of a measure that asks for one, as the manifest has it. */
import { belowSearchPath } from '../doc-blocks.ts';
import type { Finishing } from '../finish-node.ts';
import type { Plain } from '../manifest.ts';
import { placeOf } from '../property-entries.ts';
import { addResource, configured, readWhere } from './add-resource.ts';
import { calculations, granularities, metricTypes, periodAggregations } from './choices.ts';
import type { Given } from './given.ts';
import type {
  ConversionParams,
  CumulativeParams,
  InputMeasure,
  InputMetric,
  ManifestMetric,
  MetricParams,
  TimeWindow,
} from './resources.ts';

/** Takes a metric in. @throws compiler.bad-property, compiler.bad-config, compiler.duplicate-name */
export function readMetric(tools: Finishing, given: Given): void {
  checkName(given);
  given.only(
    'name',
    'label',
    'type',
    'type_params',
    'description',
    'filter',
    'time_granularity',
    'meta',
    'tags',
    'config',
  );
  const type = given.choice('type', metricTypes);
  given.require('type_params');
  const params = given.mapping('type_params') ?? given.fail('type_params', `'type_params' is empty`);
  addMetric(tools, given, {
    name: given.requiredText('name'),
    description: given.text('description') ?? '',
    label: given.requiredText('label'),
    type,
    type_params: readParams(params, type),
    filter: readWhere(given, 'filter'),
    time_granularity: given.text('time_granularity'),
    meta: given.values('meta'),
    tags: given.texts('tags'),
    config: given.values('config'),
  });
}

/** What is known of a metric before its configuration is. */
export type MetricFacts = Pick<
  ManifestMetric,
  'name' | 'description' | 'label' | 'type' | 'type_params' | 'filter' | 'time_granularity' | 'meta' | 'tags'
> & { readonly config: Plain };

/** Configures a metric and takes it in, at the place of `given`. */
export function addMetric(tools: Finishing, given: Given, facts: MetricFacts): void {
  const { entry } = given;
  const { name } = facts;
  const { fqn, config, unrendered } = configured(tools, entry, 'metric', name, facts.config);
  const meta = config['meta'] as Plain;
  const metric: ManifestMetric = {
    name,
    resource_type: 'metric',
    package_name: entry.packageName,
    path: belowSearchPath(entry.file.relativePath, entry.file.searchPath),
    original_file_path: entry.file.relativePath,
    unique_id: `metric.${entry.packageName}.${name}`,
    fqn,
    description: facts.description,
    label: facts.label,
    type: facts.type,
    type_params: facts.type_params,
    filter: facts.filter,
    metadata: null,
    time_granularity: facts.time_granularity,
    meta: Object.keys(meta).length > 0 ? meta : facts.meta,
    tags: facts.tags,
    config,
    unrendered_config: unrendered,
    sources: [],
    depends_on: { macros: [], nodes: [] },
    refs: [],
    metrics: [],
    created_at: tools.parsing.createdAt,
    group: (config['group'] as string | null | undefined) ?? null,
  };
  const { parsing } = tools;
  if (metric.config.enabled) {
    metric.description = tools.docs.describe(facts.description, entry.packageName, () =>
      placeOf(entry, ...given.path, 'description'),
    ).text;
  }
  addResource(parsing, parsing.manifest.metrics, metric, given);
}

function checkName(given: Given): void {
  const { name } = given.entry;
  const problems = [
    ...(name.includes(' ') ? ['has a space'] : []),
    ...(name.length > 250 ? ['is longer than 250 characters'] : []),
    ...(/^[A-Za-z]/.test(name) ? [] : ['does not begin with a letter']),
    ...(/^[\p{L}\p{N}_]+$/u.test(name) ? [] : ['has more than letters, digits and underscores']),
  ];
  if (problems.length > 0) given.fail('name', `its name ${problems.join(', ')}`);
}

function readParams(given: Given, type: string): MetricParams {
  given.only(
    'measure',
    'numerator',
    'denominator',
    'expr',
    'window',
    'grain_to_date',
    'metrics',
    'conversion_type_params',
    'cumulative_type_params',
  );
  const grain = given.text('grain_to_date');
  const conversion = given.mapping('conversion_type_params');
  return {
    measure: optional(given, 'measure', readInputMeasure),
    input_measures: [],
    numerator: optional(given, 'numerator', readInputMetric),
    denominator: optional(given, 'denominator', readInputMetric),
    expr: given.printed('expr', 'text or flag'),
    window: readWindow(given, 'window'),
    grain_to_date: grain === null ? null : given.choice('grain_to_date', granularities),
    metrics: given.data['metrics'] === null ? [] : given.items('metrics', readInputMetric),
    conversion_type_params: conversion === undefined ? null : readConversion(conversion),
    cumulative_type_params: readCumulative(given, type),
    metric_aggregation_params: null,
  };
}

/** Nothing but cumulative metrics have these parameters; what stands beside them counts where they are silent. */
function readCumulative(given: Given, type: string): CumulativeParams | null {
  const own = given.mapping('cumulative_type_params')?.only('window', 'grain_to_date', 'period_agg');
  const window = own === undefined ? null : readWindow(own, 'window');
  const grain = own?.text('grain_to_date') ?? null;
  const period = own?.choice('period_agg', periodAggregations, 'first') ?? 'first';
  if (type !== 'cumulative') return null;
  return {
    window: window ?? readWindow(given, 'window'),
    grain_to_date: grain || given.text('grain_to_date'),
    period_agg: period,
    metric: null,
  };
}

function readConversion(given: Given): ConversionParams {
  given.only('base_measure', 'conversion_measure', 'entity', 'calculation', 'window', 'constant_properties');
  given.require('base_measure');
  given.require('conversion_measure');
  const constant = given.data['constant_properties'];
  return {
    base_measure: readInputMeasure(given, 'base_measure'),
    conversion_measure: readInputMeasure(given, 'conversion_measure'),
    entity: given.requiredText('entity'),
    calculation: given.choice('calculation', calculations, 'conversion_rate'),
    window: readWindow(given, 'window'),
    constant_properties:
      constant === null || constant === undefined
        ? null
        : given.mappings('constant_properties').map((property) => ({
            base_property: property
              .only('base_property', 'conversion_property')
              .requiredText('base_property'),
            conversion_property: property.requiredText('conversion_property'),
          })),
  };
}

/** A measure as a text alone, or as a mapping. */
function readInputMeasure(holder: Given, key: string): InputMeasure {
  if (typeof holder.data[key] === 'string') return inputMeasure(holder.data[key]);
  const given = holder.mapping(key) ?? holder.fail(key, `'${key}' names no measure`);
  given.only('name', 'filter', 'alias', 'join_to_timespine', 'fill_nulls_with');
  return {
    name: given.requiredText('name'),
    filter: readWhere(given, 'filter'),
    alias: given.text('alias'),
    join_to_timespine: given.flag('join_to_timespine', false),
    fill_nulls_with: given.whole('fill_nulls_with'),
  };
}

/** A measure taken in as it is. */
export function inputMeasure(name: string): InputMeasure {
  return { name, filter: null, alias: null, join_to_timespine: false, fill_nulls_with: null };
}

/** A metric as a text alone, or as a mapping. */
function readInputMetric(holder: Given, key: string): InputMetric {
  const written = holder.data[key];
  if (typeof written === 'string')
    return { name: written, filter: null, alias: null, offset_window: null, offset_to_grain: null };
  const given = holder.mapping(key) ?? holder.fail(key, `'${key}' names no metric`);
  given.only('name', 'filter', 'alias', 'offset_window', 'offset_to_grain');
  return {
    name: given.requiredText('name'),
    filter: readWhere(given, 'filter'),
    alias: given.text('alias'),
    offset_window: readWindow(given, 'offset_window'),
    offset_to_grain: given.text('offset_to_grain'),
  };
}

function optional<T>(holder: Given, key: string, read: (holder: Given, key: string) => T): T | null {
  const value = holder.data[key];
  return value === null || value === undefined ? null : read(holder, key);
}

/** `7 days`; the plural of a standard granularity is told apart here, others later, when time spines are known. */
function readWindow(given: Given, key: string): TimeWindow | null {
  const written = given.text(key);
  if (written === null) return null;
  const [count = '', granularity, ...rest] = written.toLowerCase().split(' ');
  if (granularity === undefined || rest.length > 0 || !/^\d+$/.test(count)) {
    return given.fail(key, `'${key}' has to be like '28 days', not '${written}'`);
  }
  const single = granularity.replace(/s$/, '');
  return { count: Number(count), granularity: granularities.includes(single) ? single : granularity };
}

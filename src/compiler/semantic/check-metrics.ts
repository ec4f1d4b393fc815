/** Whether metrics can be computed: their windows, inputs and names. */
import { granularities } from './choices.ts';
import { checkFilters } from './filters.ts';
import type { Problems } from './problems.ts';
import type { ManifestMetric, ManifestSemanticModel, TimeWindow } from './resources.ts';

/** Notes what is wrong with each metric, and between them. @param custom granularities of time spines. */
export function checkMetrics(
  metrics: readonly ManifestMetric[],
  models: readonly ManifestSemanticModel[],
  custom: readonly string[],
  problems: Problems,
): void {
  const measures = new Set(models.flatMap((model) => model.measures.map(({ name }) => name)));
  const aliases = new Set<string>();
  const labels = new Map<string, string>();
  const names = new Set<string>();
  for (const metric of metrics) {
    const say = (problem: string): void => problems.add(metric.unique_id, problem);
    problems.checkName(metric.unique_id, metric.name);
    if (names.has(metric.name)) say(`another metric has the name '${metric.name}'`);
    names.add(metric.name);
    const other = labels.get(metric.label);
    if (other !== undefined) say(`its label '${metric.label}' is that of the metric '${other}'`);
    else labels.set(metric.label, metric.name);
    checkAliases(metric, measures, aliases, problems);
    if (metric.type === 'cumulative') checkCumulative(metric, custom, say);
    if (metric.type === 'conversion') checkConversion(metric, models, custom, problems);
    checkInputs(metric, custom, problems);
    const { measure, numerator, denominator, metrics: inputs } = metric.type_params;
    for (const part of [metric, measure, numerator, denominator, ...inputs])
      checkFilters(metric.unique_id, part?.filter ?? null, custom, problems);
  }
}

/** Measures that are taken in more than once, in different ways, are told apart by aliases. */
function checkAliases(
  metric: ManifestMetric,
  measures: ReadonlySet<string>,
  aliases: Set<string>,
  problems: Problems,
): void {
  const inputs = metric.type_params.input_measures;
  for (const { name, alias, filter } of inputs) {
    const isAlone = inputs.filter((input) => input.name === name).length === 1;
    if (!isAlone && filter !== null && alias === null)
      problems.add(
        metric.unique_id,
        `it takes the measure '${name}' in with different filters, which needs aliases`,
      );
    if (alias === null) continue;
    problems.checkName(metric.unique_id, alias);
    if (measures.has(alias)) problems.add(metric.unique_id, `the alias '${alias}' is a measure's name`);
    if (aliases.has(alias)) problems.add(metric.unique_id, `the alias '${alias}' is used elsewhere`);
    aliases.add(alias);
  }
}

function checkCumulative(
  metric: ManifestMetric,
  custom: readonly string[],
  say: (problem: string) => void,
): void {
  const params = metric.type_params;
  const own = params.cumulative_type_params;
  if (params.window && own?.window && JSON.stringify(params.window) !== JSON.stringify(own.window))
    say(`its window is another one in cumulative_type_params`);
  const window = own?.window ?? params.window;
  const grain = own?.grain_to_date || params.grain_to_date;
  if (grain && !granularities.includes(grain.toLowerCase())) say(`grain_to_date can't be '${grain}'`);
  if (window && grain) say('it has both a window and grain_to_date');
  if (window) checkWindow(window, custom, false, say);
}

function checkWindow(
  { count, granularity }: TimeWindow,
  custom: readonly string[],
  takesCustom: boolean,
  say: (problem: string) => void,
): void {
  const single = granularity.replace(/s$/, '');
  if (granularities.includes(granularity) || granularities.includes(single)) return;
  if (!custom.includes(granularity) && !custom.includes(single))
    say(`the window '${count} ${granularity}' has no known length`);
  else if (!takesCustom)
    say(`the window '${count} ${granularity}' can't be of a time spine's own lengths here`);
}

function checkInputs(metric: ManifestMetric, custom: readonly string[], problems: Problems): void {
  const { metrics: inputs, expr } = metric.type_params;
  const say = (problem: string): void => problems.add(metric.unique_id, problem);
  for (const { name, offset_window: window, offset_to_grain: grain } of inputs) {
    if (window) checkWindow(window, custom, true, say);
    if (grain && !granularities.includes(grain.toLowerCase())) say(`offset_to_grain can't be '${grain}'`);
    if (window && grain) say(`its input '${name}' has both offset_window and offset_to_grain`);
  }
  if (metric.type !== 'derived') return;
  if (inputs.length === 0) say('a derived metric needs metrics below type_params');
  const used = new Set(inputs.map(({ name }) => name));
  for (const { name, alias } of inputs) {
    if (alias === null) continue;
    problems.checkName(metric.unique_id, alias);
    if (used.has(alias)) say(`the alias '${alias}' of its input '${name}' is used already`);
  }
  if (!expr) {
    problems.doubt(metric.unique_id, 'a derived metric needs an expr that says what is made of its inputs');
    return;
  }
  for (const { name, alias } of inputs) {
    if (!expr.includes(alias ?? name))
      problems.doubt(metric.unique_id, `its input '${alias ?? name}' is not in its expr, '${expr}'`);
  }
}

function checkConversion(
  metric: ManifestMetric,
  models: readonly ManifestSemanticModel[],
  custom: readonly string[],
  problems: Problems,
): void {
  const params = metric.type_params.conversion_type_params;
  if (params === null) return;
  const say = (problem: string): void => problems.add(metric.unique_id, problem);
  for (const key of ['base', 'conversion'] as const) {
    const { name, filter } = params[`${key}_measure`];
    const model = models.find(({ measures }) => measures.some((measure) => measure.name === name));
    const measure = model?.measures.find((one) => one.name === name);
    if (model === undefined || measure === undefined) continue;
    if (!model.entities.some((entity) => entity.name === params.entity))
      say(`'${model.name}', which has '${name}', has no entity '${params.entity}'`);
    const isCount = measure.agg === 'count' || measure.agg === 'count_distinct';
    if (!isCount && !(measure.agg === 'sum' && measure.expr === '1'))
      say(`the measure '${name}' has to be a count, a count_distinct or a sum of 1`);
    if (key === 'conversion' && filter !== null)
      problems.doubt(metric.unique_id, `the filter of its conversion measure '${name}' may not be heard`);
    const elements = [...model.entities, ...model.dimensions].map((element) => element.name);
    for (const property of params.constant_properties ?? []) {
      const wanted = property[`${key}_property`];
      if (!elements.includes(wanted)) say(`'${model.name}' has no '${wanted}', its constant property`);
    }
  }
  if (params.window) checkWindow(params.window, custom, false, say);
}

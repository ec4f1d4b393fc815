import { afterEach, describe, expect, it } from 'vitest';
import { ScratchProject } from '../scratch-project.ts';
import { elementsOf } from './filters.ts';
import { semanticManifest } from './semantic-manifest.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

const spine = `models:
  - name: days
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
`;

const layer = `semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: at}
    entities: [{name: order, type: primary, expr: id}]
    dimensions:
      - {name: at, type: time, type_params: {time_granularity: day}}
      - {name: kind, type: categorical}
    measures:
      - {name: total, agg: sum, expr: amount}
metrics:
  - {name: all_of_it, label: All, type: simple, type_params: {measure: total}}
saved_queries:
  - name: saved
    query_params: {metrics: [all_of_it]}
    exports: [{name: ex, config: {export_as: table}}]
`;

/** A project with one semantic layer, after replacements in its text and with other files beside it. */
function scratch(replace: readonly [string, string][], files: Record<string, string> = {}): ScratchProject {
  let text = layer;
  for (const [from, to] of replace) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  project = new ScratchProject({
    'models/orders.sql': "select 1 as id, date '2024-01-01' as at, 2 as amount",
    'models/days.sql': "select date '2024-01-01' as day",
    'models/spine.yml': spine,
    'models/s.yml': text,
    ...files,
  });
  return project;
}

const metric = (rest: string): Record<string, string> => ({ 'models/t.yml': `metrics:\n  - ${rest}\n` });

describe('a semantic layer', () => {
  it('depends on what it is made of', async () => {
    const { manifest } = await scratch([]).parse();
    const id = manifest.semantic_models[Object.keys(manifest.semantic_models)[0] as string]?.unique_id;
    const [only] = Object.values(manifest.metrics);
    expect(only?.depends_on.nodes).toEqual([id]);
    expect(only?.type_params.input_measures.map(({ name }) => name)).toEqual(['total']);
    expect(Object.values(manifest.saved_queries)[0]?.depends_on.nodes).toEqual([only?.unique_id]);
    expect(manifest.child_map[id as string]).toEqual([only?.unique_id]);
  });

  it('is written for MetricFlow', async () => {
    const written = semanticManifest((await scratch([]).parse()).manifest);
    expect(written).toMatchObject({
      metrics: [{ name: 'all_of_it', config: { meta: {} } }],
      project_configuration: { time_spines: [{ primary_column: { name: 'day', time_granularity: 'day' } }] },
      saved_queries: [{ exports: [{ config: { export_as: 'table', alias: 'ex' } }] }],
      semantic_models: [{ node_relation: { alias: 'orders' } }],
    });
  });

  it.each([
    ['a metric of no measure', [['measure: total}', 'measure: totl}']], 'compiler.measure-not-found'],
    ['a word that no aggregation is', [['agg: sum', 'agg: summ']], 'compiler.bad-property'],
    ['a key that nothing reads', [['label: All', 'label: All, foo: 1']], 'compiler.bad-property'],
    ['a label that is no text', [['label: All', 'label: off']], 'compiler.bad-property'],
    ['a name in upper case', [['name: kind', 'name: Kind']], 'compiler.bad-semantic-layer'],
    ['a word of SQL', [['name: kind', 'name: select']], 'compiler.bad-semantic-layer'],
    [
      'no time to aggregate by',
      [['agg_time_dimension: at', 'agg_time_dimension: kind']],
      'compiler.bad-semantic-layer',
    ],
    ['no primary entity', [['type: primary', 'type: foreign']], 'compiler.bad-semantic-layer'],
    ['a count of nothing', [['agg: sum, expr: amount', 'agg: count']], 'compiler.bad-semantic-layer'],
    ['a percentile without one', [['agg: sum', 'agg: percentile']], 'compiler.bad-semantic-layer'],
    ['a model that is not there', [["ref('orders')", "ref('orderz')"]], 'compiler.ref-not-found'],
    ['a model that is no ref', [["model: ref('orders')", 'model: orders']], 'compiler.bad-property'],
    [
      'a saved query of no metric',
      [['metrics: [all_of_it]', 'metrics: [nope]']],
      'compiler.metric-not-found',
    ],
    ['an export of no kind', [['export_as: table', 'export_as: tabel']], 'compiler.bad-property'],
    ['a group nobody has', [['label: All', 'label: All, config: {group: nope}']], 'compiler.group-not-found'],
    [
      'a group-by of nothing',
      [['[all_of_it]', `[all_of_it], group_by: ["Dimension('order__nope')"]`]],
      'compiler.bad-semantic-layer',
    ],
    [
      'a filter of no builder',
      [['label: All', `label: All, filter: "{{ Foo('a__b') }}"`]],
      'compiler.bad-semantic-layer',
    ],
  ] satisfies [string, [string, string][], string][])('is refused with %s', async (_, replace, code) => {
    await expect(scratch(replace).parse()).rejects.toMatchObject({ code });
  });

  it.each([
    [
      'two metrics of one name',
      metric('{name: all_of_it, label: b, type: simple, type_params: {measure: total}}'),
      'compiler.duplicate-name',
    ],
    [
      'a metric of itself',
      metric('{name: me, label: m, type: derived, type_params: {expr: me, metrics: [me]}}'),
      'compiler.cycle',
    ],
    [
      'half a ratio',
      metric('{name: half, label: h, type: ratio, type_params: {numerator: all_of_it}}'),
      'compiler.bad-metric',
    ],
    [
      'a window of no length',
      metric(
        '{name: cum, label: c, type: cumulative, type_params: {measure: total, cumulative_type_params: {window: 7 eons}}}',
      ),
      'compiler.bad-semantic-layer',
    ],
    [
      'a window without a count',
      metric('{name: cum, label: c, type: cumulative, type_params: {measure: total, window: days}}'),
      'compiler.bad-property',
    ],
    ['no time spine', { 'models/spine.yml': 'models: []' }, 'compiler.time-spine-missing'],
    [
      'a time spine of months',
      { 'models/spine.yml': spine.replace('granularity: day}', 'granularity: month}') },
      'compiler.time-spine-missing',
    ],
    [
      'a time spine of no column',
      { 'models/spine.yml': spine.replace('column: day', 'column: dey') },
      'compiler.bad-time-spine',
    ],
    [
      'an exposure of no metric',
      {
        'models/e.yml': "exposures:\n  - {name: e, type: ml, owner: {name: a}, depends_on: [metric('nope')]}",
      },
      'compiler.metric-not-found',
    ],
  ] satisfies [string, Record<string, string>, string][])('is refused with %s', async (_, files, code) => {
    await expect(scratch([], files).parse()).rejects.toMatchObject({ code });
  });
});

describe('elementsOf', () => {
  it.each([
    ["{{ Dimension('order__kind') }} = 'a'", ['kind']],
    [
      "{{ TimeDimension('metric_time', 'day') }} > 1 and {{ Entity('order') }} is null",
      ['metric_time', 'order'],
    ],
    ["{{ Metric('total', group_by=['order']) }} > 1", ['total']],
    ['kind = 1', []],
  ])('reads %s', (text, names) => {
    expect(elementsOf(text)).toMatchObject({ kind: 'elements', elements: names.map((name) => ({ name })) });
  });

  it.each(["{{ Dimension('kind') }}", "{{ Foo('a__b') }}", "{{ Dimension('a__b') "])('refuses %s', (text) => {
    expect(elementsOf(text).kind).toBe('wrong');
  });
});

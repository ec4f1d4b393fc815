/**
 * What dbt's property files may hold. Values may be Jinja; what is free-form stays unchecked.
 *
 * Source: dbt's reference of properties; the older spellings it still takes are here as well.
 */
import {
  anything,
  bool,
  listOf,
  mappingOf,
  objectOf,
  oneOf,
  oneOrMore,
  type Shape,
  scalar,
  text,
} from './yaml-shape.ts';

const config = mappingOf(anything);
const meta = mappingOf(anything);
const tests = listOf(oneOf('a test: its name, or a mapping', text, mappingOf(anything)));
const docs = objectOf('docs', { show: bool, node_color: text });

const column: Shape = objectOf(
  'a column',
  {
    name: text,
    description: text,
    data_type: text,
    quote: bool,
    tests,
    data_tests: tests,
    tags: oneOrMore(text),
    meta,
    config,
    constraints: listOf(mappingOf(anything)),
    policy_tags: oneOrMore(text),
    granularity: text,
    dimension: anything,
    entity: anything,
    docs,
  },
  { required: ['name'] },
);

/** Models select columns of another version by `include`. */
const columnOrInclude: Shape = objectOf('a column', {
  ...(column.kind === 'object' ? column.keys : {}),
  include: oneOrMore(text),
  exclude: oneOrMore(text),
});

const described = { name: text, description: text, meta, docs, config };

const node = {
  ...described,
  tests,
  data_tests: tests,
  tags: oneOrMore(text),
  quote_columns: bool,
  enabled: bool,
};

const freshness = objectOf('freshness', {
  warn_after: mappingOf(anything),
  error_after: mappingOf(anything),
  build_after: mappingOf(anything),
  filter: text,
});

const version: Shape = objectOf(
  'a version',
  {
    ...described,
    v: scalar,
    defined_in: text,
    access: text,
    constraints: listOf(mappingOf(anything)),
    columns: listOf(columnOrInclude),
    tests,
    data_tests: tests,
    deprecation_date: scalar,
    include: anything,
    exclude: anything,
  },
  { required: ['v'] },
);

const named = (what: string, keys: Readonly<Record<string, Shape>>): Shape =>
  listOf(objectOf(what, { ...described, ...keys }, { required: ['name'] }));

const sourceTable: Shape = objectOf(
  'a source table',
  {
    ...node,
    columns: listOf(column),
    identifier: text,
    loader: text,
    loaded_at_field: text,
    loaded_at_query: text,
    freshness,
    quoting: mappingOf(anything),
    external: anything,
  },
  { required: ['name'] },
);

const unitTestInput: Shape = objectOf('an input', {
  input: text,
  rows: anything,
  format: text,
  fixture: text,
});

/** The lists and settings of a property file by their key. */
export const propertyShapes: Readonly<Record<string, Shape>> = {
  version: anything,
  models: named('a model', {
    ...node,
    columns: listOf(column),
    access: text,
    group: text,
    latest_version: scalar,
    versions: listOf(version),
    constraints: listOf(mappingOf(anything)),
    deprecation_date: scalar,
    time_spine: mappingOf(anything),
    primary_key: oneOrMore(text),
    semantic_model: anything,
    derived_semantics: anything,
    agg_time_dimension: text,
    metrics: anything,
    freshness,
    latest_version_pointer: anything,
  }),
  sources: named('a source', {
    loader: text,
    database: text,
    catalog: text,
    schema: text,
    tags: oneOrMore(text),
    quoting: mappingOf(anything),
    loaded_at_field: text,
    loaded_at_query: text,
    freshness,
    overrides: text,
    tables: listOf(sourceTable),
    enabled: bool,
    tests,
    data_tests: tests,
  }),
  seeds: named('a seed', { ...node, columns: listOf(column) }),
  snapshots: named('a snapshot', { ...node, columns: listOf(column), relation: text, group: text }),
  analyses: named('an analysis', { columns: listOf(column), tags: oneOrMore(text) }),
  macros: named('a macro', {
    arguments: listOf(
      objectOf('an argument', { name: text, type: anything, description: text }, { required: ['name'] }),
    ),
  }),
  functions: named('a function', {
    arguments: listOf(mappingOf(anything)),
    returns: anything,
    type: text,
    defined_in: text,
  }),
  data_tests: named('a test', { ...node }),
  tests: named('a test', { ...node }),
  exposures: named('an exposure', {
    type: text,
    label: text,
    maturity: text,
    url: text,
    owner: mappingOf(anything),
    depends_on: listOf(text),
    tags: oneOrMore(text),
    enabled: bool,
  }),
  groups: named('a group', { owner: mappingOf(anything) }),
  unit_tests: listOf(
    objectOf(
      'a unit test',
      {
        ...described,
        model: text,
        given: listOf(unitTestInput),
        expect: oneOf('rows, or a mapping with `rows`', mappingOf(anything), listOf(anything)),
        overrides: objectOf('overrides', {
          macros: mappingOf(anything),
          vars: mappingOf(anything),
          env_vars: mappingOf(anything),
        }),
        versions: anything,
        tags: oneOrMore(text),
        enabled: bool,
      },
      { required: ['name', 'model', 'expect'] },
    ),
  ),
  metrics: listOf(objectOf('a metric', { name: text }, { required: ['name'], others: 'allow' })),
  semantic_models: listOf(
    objectOf('a semantic model', { name: text }, { required: ['name'], others: 'allow' }),
  ),
  saved_queries: listOf(objectOf('a saved query', { name: text }, { required: ['name'], others: 'allow' })),
  anchors: anything,
  vars: anything,
};

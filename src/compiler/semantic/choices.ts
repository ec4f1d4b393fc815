/** The words that the semantic layer knows, as dbt spells them. */

/** Lengths of time, shortest first. */
export const granularities: readonly string[] = [
  'nanosecond',
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
];

/** What a metric can be. */
export const metricTypes: readonly string[] = ['simple', 'ratio', 'cumulative', 'derived', 'conversion'];

/** What a measure does to its column. */
export const aggregations: readonly string[] = [
  'sum',
  'min',
  'max',
  'count_distinct',
  'sum_boolean',
  'average',
  'percentile',
  'median',
  'count',
];

/** What a dimension holds. */
export const dimensionTypes: readonly string[] = ['categorical', 'time'];

/** How an entity tells rows apart. */
export const entityTypes: readonly string[] = ['foreign', 'natural', 'primary', 'unique'];

/** What a conversion metric counts. */
export const calculations: readonly string[] = ['conversions', 'conversion_rate'];

/** Which value of a period a cumulative metric shows. */
export const periodAggregations: readonly string[] = ['first', 'last', 'average'];

/** What an export becomes. */
export const exportKinds: readonly string[] = ['table', 'view'];

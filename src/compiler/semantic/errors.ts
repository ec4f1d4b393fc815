/** What can be wrong with the semantic layer beyond the shape of its entries. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'metric-not-found': ErrorKind<{ node: string; name: string; disabled: boolean }>;
  'measure-not-found': ErrorKind<{ metric: string; measure: string; disabledOn: string | null }>;
  'bad-metric': ErrorKind<{ metric: string; problem: string }>;
  'bad-semantic-layer': ErrorKind<{ problem: string }>;
  'time-spine-missing': ErrorKind<Record<never, never>>;
  'bad-time-spine': ErrorKind<{ model: string; problem: string }>;
};

const kinds: Kinds = {
  'metric-not-found': {
    message: (d) =>
      d.disabled
        ? `${d.node} refers to the metric '${d.name}', which is disabled`
        : `${d.node} refers to the metric '${d.name}', and no metric has that name`,
    hint: (d) => (d.disabled ? 'Enable it, or drop the reference.' : undefined),
  },
  'measure-not-found': {
    message: (d) =>
      d.disabledOn === null
        ? `${d.metric} takes the measure '${d.measure}', which no semantic model has`
        : `${d.metric} takes the measure '${d.measure}' of ${d.disabledOn}, which is disabled`,
  },
  'bad-metric': { message: (d) => `${d.metric}: ${d.problem}` },
  'bad-semantic-layer': { message: (d) => `The semantic layer can't be used: ${d.problem}` },
  'time-spine-missing': {
    message: () => 'Semantic models need a time spine: a model with a row for each day, or for less',
    hint: () =>
      'Make such a model, and set `time_spine: {standard_granularity_column: …}` and the `granularity:` of that column in its property file.',
  },
  'bad-time-spine': { message: (d) => `The time spine ${d.model}: ${d.problem}` },
};

/** Errors of the semantic layer, by code. */
export const semanticErrors: ErrorsOf<Kinds> = defineErrors('compiler', kinds);

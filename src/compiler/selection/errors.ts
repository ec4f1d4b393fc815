/** What can be wrong with a selection. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-selector': ErrorKind<{ selector: string; problem: string }>;
  'unknown-selector': ErrorKind<{ name: string }>;
  'no-state': ErrorKind<{ selector: string; needs: string }>;
  'broken-contract': ErrorKind<{ model: string; problem: string }>;
};

const kinds: Kinds = {
  'bad-selector': {
    message: (d) => `The selection '${d.selector}' can't be understood: ${d.problem}`,
    hint: () => 'Examples: --select my_model+  --select tag:nightly  --select path:models/staging',
  },
  'unknown-selector': {
    message: (d) => `selectors.yml has no selector '${d.name}'`,
    hint: () => 'Selectors are defined in selectors.yml beside dbt_project.yml.',
  },
  'no-state': {
    message: (d) => `The selection '${d.selector}' compares with an earlier run, and none was given`,
    hint: (d) =>
      `Give the folder of an earlier run's artifacts, with a ${d.needs}: --state path/to/artifacts.`,
  },
  'broken-contract': {
    message: (d) => `Since the earlier run the contract of '${d.model}' is broken: ${d.problem}`,
    hint: () => 'Add to the contract rather than change it, or make a new version of the model.',
  },
};

/** The errors of selections. */
export const selectionErrors: ErrorsOf<Kinds> = defineErrors('compiler', kinds);

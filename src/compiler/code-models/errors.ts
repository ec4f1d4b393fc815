/** What can be wrong with a model that is a program. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-code': ErrorKind<{ language: string; problem: string }>;
  'not-literal': ErrorKind<{ call: string; language: string }>;
  'no-default-export': ErrorKind<{ file: string }>;
  'bad-model-function': ErrorKind<{ problem: string }>;
  'bad-code-materialization': ErrorKind<{ node: string; materialization: string; language: string }>;
};

const kinds: Kinds = {
  'bad-code': {
    message: (d) => `This is no ${d.language}: ${d.problem}`,
    exitCode: 2,
  },
  'not-literal': {
    message: (d) =>
      `The arguments of ${d.call} have to be written out: what a model depends on is known before it runs`,
    hint: (d) =>
      d.language === 'python'
        ? "Write dbt.ref('name') with the name itself, once for each model that may be read, and choose between the results."
        : "Write ref('name') with the name itself, once for each model that may be read, and choose between the results.",
    exitCode: 2,
  },
  'no-default-export': {
    message: (d) => `${d.file} exports no model`,
    hint: () => 'A model is the default export: export default async function model({ ref }) { … }',
    exitCode: 2,
  },
  'bad-model-function': {
    message: (d) => d.problem,
    exitCode: 2,
  },
  'bad-code-materialization': {
    message: (d) => `${d.node} is ${d.language} and can't be ${d.materialization}`,
    hint: () => 'Use table, incremental, external, or view for a model that returns a query.',
    exitCode: 2,
  },
};

/** The errors of models that are programs. */
export const codeErrors: ErrorsOf<Kinds> = defineErrors('compiler', kinds);

/** What can go wrong when a model that is a program runs. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'code-failed': ErrorKind<{ node: string; problem: string }>;
  'code-stopped': ErrorKind<{ node: string; why: string }>;
  'undeclared-in-code': ErrorKind<{ node: string; problem: string }>;
  'value-not-storable': ErrorKind<{
    node: string;
    row: number;
    column: string;
    value: string;
    problem: string;
  }>;
  'no-columns': ErrorKind<{ node: string }>;
  'view-needs-query': ErrorKind<{ node: string }>;
  'columns-differ': ErrorKind<{ node: string; problem: string }>;
  'untestable-code': ErrorKind<{ node: string }>;
  'no-python': ErrorKind<{ node: string }>;
  'python-not-found': ErrorKind<{ node: string; python: string; problem: string }>;
  'python-lacks': ErrorKind<{ node: string; python: string; module: string }>;
};

const kinds: Kinds = {
  'code-failed': { message: (d) => d.problem, exitCode: 1 },
  'code-stopped': {
    message: (d) => `${d.node} stopped before it had returned anything: ${d.why}`,
    exitCode: 1,
  },
  'undeclared-in-code': { message: (d) => d.problem, exitCode: 1 },
  'value-not-storable': {
    message: (d) => `${d.node}: row ${d.row}, column '${d.column}': ${d.value} can't be stored: ${d.problem}`,
    hint: () =>
      "Convert it, or give the column the data_type that it is to have in the model's property file.",
    exitCode: 1,
  },
  'no-columns': {
    message: (d) => `${d.node} returned no rows, so nobody knows its columns`,
    hint: () => "List the columns with their data_type in the model's property file.",
    exitCode: 1,
  },
  'view-needs-query': {
    message: (d) => `${d.node} is a view and returned rows, which a view can't keep`,
    hint: () => "Return a relation or a query, or configure materialized: 'table'.",
    exitCode: 1,
  },
  'columns-differ': { message: (d) => `${d.node}: ${d.problem}`, exitCode: 1 },
  'untestable-code': {
    message: (d) => `${d.node} is a program, and unit tests give rows to models in SQL only`,
    hint: () => 'Test its functions with a test runner of its language, and its rows with data tests.',
    exitCode: 1,
  },
  'no-python': {
    message: (d) => `${d.node} is a Python model, and no Python has been chosen to run it`,
    hint: () =>
      'Name the interpreter that has its packages: python: .venv/bin/python3 under lakehouse: of the target in profiles.yml, or the environment variable BOATHOUSE_PYTHON.',
    exitCode: 1,
  },
  'python-not-found': {
    message: (d) => `${d.node} is to be run by ${d.python}, which can't be started: ${d.problem}`,
    hint: () => 'It is named by lakehouse.python of the target in profiles.yml, or by BOATHOUSE_PYTHON.',
    exitCode: 1,
  },
  'python-lacks': {
    message: (d) => `${d.node} needs the Python package ${d.module}, which ${d.python} doesn't have`,
    hint: (d) => `Install it there: ${d.python} -m pip install ${d.module}`,
    exitCode: 1,
  },
};

/** The errors of models that are programs. */
export const codeModelErrors: ErrorsOf<Kinds> = defineErrors('targets', kinds);

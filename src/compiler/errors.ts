/** What can go wrong between a project's files and compiled SQL. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'ref-not-found': ErrorKind<{
    node: string;
    name: string;
    package: string | null;
    version: string | number | null;
    disabled: boolean;
  }>;
  'source-not-found': ErrorKind<{ node: string; source: string; table: string; disabled: boolean }>;
  'function-not-found': ErrorKind<{ node: string; name: string; disabled: boolean }>;
  'ref-not-allowed': ErrorKind<{ node: string; target: string; why: string }>;
  'bad-ref': ErrorKind<{ problem: string }>;
  'duplicate-name': ErrorKind<{ kind: string; name: string; first: string; second: string }>;
  'duplicate-relation': ErrorKind<{ relation: string; first: string; second: string }>;
  'duplicate-patch': ErrorKind<{ name: string; first: string; second: string }>;
  cycle: ErrorKind<{ path: readonly string[] }>;
  'macro-not-found': ErrorKind<{ name: string; package: string | null }>;
  'dispatch-failed': ErrorKind<{ name: string; searched: readonly string[] }>;
  'test-not-found': ErrorKind<{ name: string; package: string | null; on: string }>;
  'bad-property': ErrorKind<{ problem: string }>;
  'bad-config': ErrorKind<{ node: string; key: string; problem: string }>;
  'bad-snapshot': ErrorKind<{ node: string; problem: string }>;
  'bad-version': ErrorKind<{ node: string; problem: string }>;
  'group-not-found': ErrorKind<{ node: string; group: string }>;
  'doc-not-found': ErrorKind<{ name: string; package: string | null }>;
  'var-not-found': ErrorKind<{ name: string; node: string }>;
  'env-var-not-found': ErrorKind<{ name: string }>;
  'raised-by-macro': ErrorKind<{ message: string }>;
  'bad-name-macro': ErrorKind<{ macro: string; node: string; problem: string }>;
  'bad-external-location': ErrorKind<{ source: string; problem: string }>;
  'render-failed': ErrorKind<{ what: string; problem: string }>;
  'undeclared-dependency': ErrorKind<{ node: string; target: string }>;
  'materialization-not-found': ErrorKind<{ name: string; node: string }>;
  'unsupported-language': ErrorKind<{ node: string; language: string }>;
  'no-such-node': ErrorKind<{ id: string }>;
  'unit-test-input': ErrorKind<{ test: string; input: string; problem: string }>;
  'unit-test-column': ErrorKind<{
    test: string;
    column: string;
    fixture: string;
    accepted: readonly string[];
  }>;
  'unit-test-columns-unknown': ErrorKind<{ test: string; input: string; relation: string }>;
};

const kinds: Kinds = {
  'ref-not-found': {
    message: (d) =>
      d.disabled
        ? `${d.node} refers to ${refText(d)}, which is disabled`
        : `${d.node} refers to ${refText(d)}, and no model, seed or snapshot has that name`,
    hint: (d) => (d.disabled ? 'Enable it, or drop the reference.' : undefined),
    exitCode: 2,
  },
  'source-not-found': {
    message: (d) =>
      d.disabled
        ? `${d.node} reads source('${d.source}', '${d.table}'), which is disabled`
        : `${d.node} reads source('${d.source}', '${d.table}'), which no property file declares`,
    hint: (d) => (d.disabled ? 'Enable it, or drop the reference.' : undefined),
  },
  'function-not-found': {
    message: (d) =>
      d.disabled
        ? `${d.node} calls function('${d.name}'), which is disabled`
        : `${d.node} calls function('${d.name}'), and no function has that name`,
  },
  'ref-not-allowed': {
    message: (d) => `${d.node} may not refer to ${d.target}: ${d.why}`,
    hint: () => 'Change its access, or put both in one group.',
  },
  'bad-ref': { message: (d) => d.problem },
  'duplicate-name': {
    message: (d) => `Two ${d.kind} are named '${d.name}': ${d.first} and ${d.second}`,
    hint: () => 'Rename one of them.',
  },
  'duplicate-relation': {
    message: (d) => `${d.first} and ${d.second} would both be ${d.relation}`,
    hint: () => 'Give one of them another alias, schema or database.',
  },
  'duplicate-patch': {
    message: (d) => `'${d.name}' is described twice: in ${d.first} and in ${d.second}`,
    hint: () => 'Keep one of the two entries.',
  },
  cycle: {
    message: (d) => `These nodes need each other: ${d.path.join(' --> ')}`,
    hint: () => 'Break the circle by removing one of these references.',
  },
  'macro-not-found': {
    message: (d) => `No macro is named '${d.package === null ? '' : `${d.package}.`}${d.name}'`,
  },
  'dispatch-failed': {
    message: (d) => `No implementation of '${d.name}' was found. Searched for: ${d.searched.join(', ')}`,
    hint: () => 'Define one of these macros, or set `dispatch` in dbt_project.yml.',
  },
  'test-not-found': {
    message: (d) =>
      `${d.on} uses the test '${d.package === null ? '' : `${d.package}.`}${d.name}', which isn't defined`,
  },
  'bad-property': { message: (d) => d.problem },
  'bad-config': { message: (d) => `${d.node}: config '${d.key}' ${d.problem}` },
  'bad-snapshot': { message: (d) => `${d.node}: ${d.problem}` },
  'bad-version': { message: (d) => `${d.node}: ${d.problem}` },
  'group-not-found': {
    message: (d) => `${d.node} is in the group '${d.group}', which no property file declares`,
  },
  'doc-not-found': {
    message: (d) => `No docs block is named '${d.package === null ? '' : `${d.package}.`}${d.name}'`,
  },
  'var-not-found': {
    message: (d) => `${d.node} needs the variable '${d.name}', which has no value`,
    hint: () => 'Set it under `vars:` in dbt_project.yml, or with --vars, or give var() a default.',
  },
  'env-var-not-found': {
    message: (d) => `The environment variable '${d.name}' isn't set`,
    hint: (d) => `Set it, or give a default: env_var('${d.name}', '…').`,
  },
  'raised-by-macro': { message: (d) => d.message, exitCode: 1 },
  'bad-name-macro': { message: (d) => `${d.macro} gave no usable name for ${d.node}: ${d.problem}` },
  'bad-external-location': { message: (d) => `Source ${d.source}: external_location ${d.problem}` },
  'render-failed': { message: (d) => `${d.what}: ${d.problem}`, exitCode: 1 },
  'undeclared-dependency': {
    message: (d) =>
      `${d.node} refers to ${d.target} while running, but parsing it didn't find that reference`,
    hint: (d) => `Name it where parsing always sees it: -- depends_on: {{ ref('${d.target}') }}`,
    exitCode: 1,
  },
  'materialization-not-found': {
    message: (d) => `${d.node} uses the materialization '${d.name}', which doesn't exist`,
  },
  'unsupported-language': {
    message: (d) => `${d.node} is written in ${d.language}, and only SQL models run here`,
    hint: () => 'Rewrite it in SQL, or leave it out with --exclude.',
  },
  'unit-test-input': {
    message: (d) => `Unit test '${d.test}': the input ${d.input} ${d.problem}`,
  },
  'unit-test-column': {
    message: (d) =>
      `Invalid column name: '${d.column}' in unit test fixture for ${d.fixture}.\nAccepted columns for ${d.fixture} are: [${d.accepted.map((name) => `'${name}'`).join(', ')}]`,
    hint: () => 'Rows may leave columns out, and have no others.',
  },
  'unit-test-columns-unknown': {
    message: (d) =>
      `Not able to get columns for unit test '${d.test}' from relation ${d.relation} because the relation doesn't exist`,
    hint: (d) =>
      `Build it (\`boathouse run --empty --select …\` makes it without rows), give the columns of ${d.input} a data_type, or give its rows as SQL (\`format: sql\`).`,
  },
  'no-such-node': { message: (d) => `Nothing in the project is called '${d.id}'` },
};

/** Makes the errors of this layer. */
export const compilerErrors: ErrorsOf<Kinds> = defineErrors('compiler', kinds);

function refText(d: { name: string; package: string | null; version: string | number | null }): string {
  const parts = d.package === null ? [`'${d.name}'`] : [`'${d.package}'`, `'${d.name}'`];
  if (d.version !== null) parts.push(`v=${d.version}`);
  return `ref(${parts.join(', ')})`;
}

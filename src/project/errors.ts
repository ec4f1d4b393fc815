/** What can go wrong with a project's files. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'bad-yaml': ErrorKind<{ problem: string }>;
  'bad-value': ErrorKind<{ path: string; expected: string; found: string }>;
  'bad-name': ErrorKind<{ what: string; name: string; rule: string }>;
  'not-a-project': ErrorKind<{ folder: string }>;
  'no-profile-name': ErrorKind<{ file: string }>;
  'no-profiles-file': ErrorKind<{ searched: readonly string[] }>;
  'no-profile': ErrorKind<{ profile: string; file: string; known: readonly string[] }>;
  'no-target': ErrorKind<{ target: string; profile: string; known: readonly string[] }>;
  'unsupported-adapter': ErrorKind<{ adapter: string; profile: string; target: string }>;
  'unsupported-key': ErrorKind<{ key: string; why: string }>;
  'conflicting-keys': ErrorKind<{ first: string; second: string }>;
  'wrong-database': ErrorKind<{ database: string; expected: string; path: string }>;
  'missing-env-var': ErrorKind<{ name: string }>;
  'missing-var': ErrorKind<{ name: string }>;
  'secret-not-allowed': ErrorKind<{ name: string }>;
  'bad-vars': ErrorKind<{ problem: string }>;
  'version-mismatch': ErrorKind<{ project: string; required: string; spoken: string }>;
  'bad-version': ErrorKind<{ spec: string }>;
  'package-not-installed': ErrorKind<{ package: string; kind: string; folder: string }>;
  'duplicate-package': ErrorKind<{ name: string; first: string; second: string }>;
  'duplicate-selector': ErrorKind<{ name: string }>;
  'unreadable-file': ErrorKind<{ path: string; problem: string }>;
};

const list = (names: readonly string[]): string => (names.length > 0 ? names.join(', ') : 'none');

const kinds: Kinds = {
  'bad-yaml': {
    message: (d) => `This is not valid YAML: ${d.problem}`,
    hint: () => 'Look at the indentation, and quote values that hold `: `, `#`, `{` or `{{ … }}`.',
  },
  'bad-value': {
    message: (d) => `${d.path} must be ${d.expected}, but is ${d.found}`,
    hint: (d) => `Write ${d.path} as ${d.expected}.`,
  },
  'bad-name': {
    message: (d) => `'${d.name}' can't be the name of ${d.what}: ${d.rule}`,
    hint: () => 'Names begin with a letter or an underscore and go on with letters, digits and underscores.',
  },
  'not-a-project': {
    message: (d) => `There is no dbt_project.yml in ${d.folder}`,
    hint: () => 'Go to the project’s folder, give it with --project-dir, or begin one with `boathouse init`.',
  },
  'no-profile-name': {
    message: () => 'The project names no profile',
    hint: () => 'Add `profile: <name>` to dbt_project.yml, or give --profile.',
  },
  'no-profiles-file': {
    message: (d) => `There is no profiles.yml (looked in ${d.searched.join(', ')})`,
    hint: () =>
      'Write one beside dbt_project.yml, or give its folder with --profiles-dir or DBT_PROFILES_DIR.',
  },
  'no-profile': {
    message: (d) => `${d.file} has no profile '${d.profile}'`,
    hint: (d) => `It has: ${list(d.known)}.`,
  },
  'no-target': {
    message: (d) => `The profile '${d.profile}' has no target '${d.target}'`,
    hint: (d) => `It has: ${list(d.known)}. Choose one with --target, or with \`target:\` in the profile.`,
  },
  'unsupported-adapter': {
    message: (d) => `The target '${d.target}' of the profile '${d.profile}' is of type '${d.adapter}'`,
    hint: () => 'Boathouse runs targets of `type: duckdb`.',
  },
  'unsupported-key': {
    message: (d) => `${d.key} can't be used here: ${d.why}`,
    hint: (d) => `Remove ${d.key} from the target in profiles.yml, or choose another target with --target.`,
  },
  'conflicting-keys': {
    message: (d) => `${d.first} and ${d.second} are both given and differ`,
    hint: (d) => `Keep ${d.second} and remove ${d.first}.`,
  },
  'wrong-database': {
    message: (d) => `database is '${d.database}', but the path ${d.path} makes it '${d.expected}'`,
    hint: (d) =>
      `Remove \`database\`, set it to '${d.expected}', or attach a database with the alias '${d.database}'.`,
  },
  'missing-env-var': {
    message: (d) => `The environment variable ${d.name} is not set`,
    hint: (d) => `Set ${d.name}, or give a default: env_var('${d.name}', '…').`,
  },
  'missing-var': {
    message: (d) => `The variable '${d.name}' is not set`,
    hint: (d) => `Give it with --vars '{${d.name}: …}', or write a default: var('${d.name}', '…').`,
  },
  'secret-not-allowed': {
    message: (d) => `The secret ${d.name} can be read in profiles.yml and packages.yml only`,
    hint: () => 'Use an environment variable whose name does not begin with DBT_ENV_SECRET.',
  },
  'bad-vars': {
    message: (d) => `--vars is not a dictionary in YAML or JSON: ${d.problem}`,
    hint: () => `Write it like --vars '{name: value, other: 1}'.`,
  },
  'version-mismatch': {
    message: (d) => `${d.project} requires dbt ${d.required}; Boathouse speaks dbt ${d.spoken}`,
    hint: () => 'Change require-dbt-version in its dbt_project.yml, or give --no-version-check.',
  },
  'bad-version': {
    message: (d) => `'${d.spec}' is not a version requirement`,
    hint: () => 'Write a comparison and a version, such as ">=1.8.0" or [">=1.8.0", "<3.0.0"].',
  },
  'package-not-installed': {
    message: (d) => `The ${d.kind} package ${d.package} is not installed: ${d.folder} is not there`,
    hint: () => 'Run `boathouse deps`; packages given as `local:` need no installing.',
  },
  'duplicate-package': {
    message: (d) => `Two packages are named '${d.name}': ${d.first} and ${d.second}`,
    hint: () => 'Every package needs a name of its own: `name` in its dbt_project.yml.',
  },
  'duplicate-selector': {
    message: (d) => `The selector '${d.name}' is defined twice`,
    hint: () => 'Rename one of the two in selectors.yml.',
  },
  'unreadable-file': {
    message: (d) => `${d.path} can't be read: ${d.problem}`,
    hint: () => 'Check that it exists and that you may read it.',
  },
};

/** The errors of project files. */
export const projectErrors: ErrorsOf<Kinds> = defineErrors('project', kinds);

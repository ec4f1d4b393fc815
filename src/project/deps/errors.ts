/** What can go wrong with what a project asks of its packages. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-package': ErrorKind<{ problem: string }>;
  'bad-package-version': ErrorKind<{ package: string; version: string }>;
  'package-conflict': ErrorKind<{ package: string; asked: readonly string[] }>;
  'package-kinds': ErrorKind<{ package: string; first: string; second: string }>;
  'package-cycle': ErrorKind<{ path: readonly string[] }>;
  'package-like-root': ErrorKind<{ name: string }>;
  'same-package-name': ErrorKind<{ name: string; first: string; second: string }>;
  'no-package-version': ErrorKind<{
    package: string;
    asked: readonly string[];
    installable: readonly string[];
    hidden: number;
  }>;
  'bad-lock-file': ErrorKind<{ problem: string }>;
};

const kinds: Kinds = {
  'bad-package': {
    message: (d) => `This entry is no package that can be installed: ${d.problem}`,
    hint: () =>
      'An entry has one of `package` (with `version`), `git`, `local`, `tarball` (with `name`) or `private`.',
  },
  'bad-package-version': {
    message: (d) => `"${d.version}" is not a valid semantic version: the version of ${d.package}`,
    hint: () =>
      'Write three numbers, in quotes where YAML would see a number: "1.3.0"; a range is a list: [">=1.0.0", "<2.0.0"].',
  },
  'package-conflict': {
    message: (d) =>
      `Version error for package ${d.package}: no version can be all of\n  ${d.asked.join('\n  ')}`,
    hint: () =>
      'Change one of these requirements, or take a version of the package above that asks for less.',
  },
  'package-kinds': {
    message: (d) => `${d.package} is asked for as a ${d.first} package and as a ${d.second} package`,
    hint: () => 'A package comes from one place only: make both entries of one kind.',
  },
  'package-cycle': {
    message: (d) => `Packages that need each other can't be installed: ${d.path.join(' → ')}`,
    hint: () => 'Remove one of these entries from its packages.yml.',
  },
  'package-like-root': {
    message: (d) =>
      `Found a dependency with the same name as the root project "${d.name}". Package names must be unique in a project.`,
    hint: () => 'Rename one of the two: `name` in its dbt_project.yml.',
  },
  'same-package-name': {
    message: (d) =>
      `Found duplicate project "${d.name}": ${d.first} and ${d.second} are projects of the same name`,
    hint: () => 'Remove one of them, or rename one: `name` in its dbt_project.yml.',
  },
  'no-package-version': {
    message: (d) =>
      `Could not find a matching compatible version for package ${d.package}\n` +
      `  Requested range: ${d.asked.join(', ')}\n` +
      `  Compatible versions: ${d.installable.join(', ') || 'none'}`,
    hint: (d) =>
      d.hidden === 0
        ? 'Ask for one of these versions. Prereleases count only with `install_prerelease: true`.'
        : `${d.hidden} ${d.hidden === 1 ? 'version requires' : 'versions require'} another dbt; --no-version-check lets them in.`,
  },
  'bad-lock-file': {
    message: (d) => `package-lock.yml can't be used: ${d.problem}`,
    hint: () => 'Write it again with `boathouse deps --upgrade`.',
  },
};

/** The errors of packages that a project asks for. */
export const packageErrors: ErrorsOf<Kinds> = defineErrors('project', kinds);

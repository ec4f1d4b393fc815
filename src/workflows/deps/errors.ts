/** What can go wrong while packages are fetched and installed. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'package-unreachable': ErrorKind<{ url: string; problem: string }>;
  'hub-answer': ErrorKind<{ url: string; problem: string }>;
  'package-not-found': ErrorKind<{ package: string; hub: string; near: readonly string[] }>;
  'bad-archive': ErrorKind<{ url: string; problem: string }>;
  'git-missing': ErrorKind<Record<never, never>>;
  'git-failed': ErrorKind<{ repository: string; revision: string; problem: string }>;
  'no-revision': ErrorKind<{ repository: string; revision: string; near: readonly string[] }>;
  'not-a-package': ErrorKind<{ package: string; problem: string }>;
  'bad-package-name': ErrorKind<{ name: string; package: string }>;
  'unsafe-link': ErrorKind<{ package: string; link: string; target: string }>;
  'deps-busy': ErrorKind<{ folder: string; seconds: number }>;
  'bad-install-path': ErrorKind<{ path: string; why: string }>;
  'not-vendored': ErrorKind<{ package: string; place: string }>;
  'no-vendor': ErrorKind<Record<never, never>>;
  'bad-addition': ErrorKind<{ problem: string }>;
};

const kinds: Kinds = {
  'package-unreachable': {
    message: (d) => `${d.url} can't be fetched: ${d.problem}`,
    hint: () =>
      'Check the network and, behind a proxy, HTTPS_PROXY. DBT_PACKAGE_HUB_URL names a mirror of the hub; a vendor folder needs no network.',
    retryable: true,
  },
  'hub-answer': {
    message: (d) => `${d.url} is not what a package hub answers: ${d.problem}`,
    hint: () => 'Check DBT_PACKAGE_HUB_URL: it is the address before `api/v1/`, and ends with a slash.',
  },
  'package-not-found': {
    message: (d) => `Package ${d.package} was not found in the package index`,
    hint: (d) =>
      d.near.length > 0
        ? `Did you mean ${d.near.join(' or ')}?`
        : `${d.hub} doesn't list it. Packages elsewhere are \`git:\`, \`local:\` or \`tarball:\`.`,
  },
  'bad-archive': {
    message: (d) => `The archive ${d.url} can't be unpacked: ${d.problem}`,
    hint: () => 'It has to be a .tar.gz with one folder that holds dbt_project.yml.',
  },
  'git-missing': {
    message: () => 'git can’t be started',
    hint: () => 'Make sure git is installed on your machine, and on the PATH.',
  },
  'git-failed': {
    message: (d) => `Error checking out spec='${d.revision}' for repo ${d.repository}\n${d.problem}`,
    hint: () => 'Try the same with `git ls-remote`: git’s own credentials and settings are used.',
    retryable: true,
  },
  'no-revision': {
    message: (d) => `${d.repository} has no branch, tag or commit '${d.revision}'`,
    hint: (d) =>
      d.near.length > 0
        ? `Did you mean ${d.near.join(' or ')}?`
        : 'Give a branch, a tag or all forty digits of a commit.',
  },
  'not-a-package': {
    message: (d) => `${d.package} is no dbt project: ${d.problem}`,
    hint: () =>
      'A package has a dbt_project.yml with a `name`. If it is in a folder of the repository, name that with `subdirectory`.',
  },
  'bad-package-name': {
    message: (d) =>
      `Invalid package name '${d.name}': it would be installed outside of the folder for packages`,
    hint: (d) => `Names have no slashes and begin with no dot. The name is that of ${d.package}.`,
  },
  'unsafe-link': {
    message: (d) => `${d.package} has a link that leads out of it: ${d.link} → ${d.target}`,
    hint: () => 'A package that does this is not installed. Ask its author to put the file itself there.',
  },
  'deps-busy': {
    message: (d) => `Another \`deps\` has been installing in ${d.folder} for ${d.seconds} seconds`,
    hint: () => 'Wait until it is done. --lock-timeout says how long to wait.',
    retryable: true,
  },
  'bad-install-path': {
    message: (d) => `Packages can't be installed in ${d.path}: ${d.why}`,
    hint: () => 'Give packages-install-path in dbt_project.yml a folder of its own, such as dbt_packages.',
  },
  'not-vendored': {
    message: (d) => `${d.package} is not in the vendor folder: ${d.place} is not there`,
    hint: () => 'Fill the folder where there is a network: `boathouse deps --fill-vendor`.',
  },
  'no-vendor': {
    message: () => '--fill-vendor has no folder to fill',
    hint: () =>
      'Name it with --vendor, BOATHOUSE_PACKAGE_VENDOR, or `package_vendor` below `flags:` in dbt_project.yml.',
  },
  'bad-addition': {
    message: (d) => `--add-package: ${d.problem}`,
    hint: () => 'Write it as name@version, such as --add-package dbt-labs/dbt_utils@1.3.0.',
  },
};

/** The errors of fetching and installing packages. */
export const depsErrors: ErrorsOf<Kinds> = defineErrors('workflows', kinds);

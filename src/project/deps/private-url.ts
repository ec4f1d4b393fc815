/** Where a `private` package is: its organisation's repository at a provider. Pure. */
import { nearest, type SourceLocation } from '../../base/index.ts';
import { packageErrors } from './errors.ts';

const hosts: ReadonlyMap<string, (repository: string) => string> = new Map([
  ['github', (repository) => `https://github.com/${repository}.git`],
  ['gitlab', (repository) => `https://gitlab.com/${repository}.git`],
  ['ado', azure],
  ['azure_devops', azure],
  ['azure_active_directory', azure],
]);

function azure(repository: string): string {
  const at = repository.lastIndexOf('/');
  return `https://dev.azure.com/${repository.slice(0, at)}/_git/${repository.slice(at + 1)}`;
}

/**
 * The URL of a repository at a provider; GitHub unless one is named. git finds the user's credentials.
 *
 * @throws project.bad-package
 */
export function privateUrl(
  repository: string,
  provider: string | undefined,
  location: SourceLocation,
): string {
  const host = hosts.get(provider ?? 'github');
  if (host === undefined) {
    const known = [...hosts.keys()];
    const near = nearest(provider ?? '', known);
    throw packageErrors['bad-package'](
      { problem: `the provider '${provider}' is not known` },
      {
        location,
        hint:
          near === undefined
            ? `Known are ${known.join(', ')}; for every other host give the URL: \`git: https://…\`.`
            : `Did you mean '${near}'?`,
      },
    );
  }
  if (!/^[\w.-]+(?:\/[\w.-]+)+$/.test(repository)) {
    throw packageErrors['bad-package'](
      { problem: `'${repository}' is no repository of an organisation` },
      { location, hint: 'Write it as organisation/repository.' },
    );
  }
  return host(repository);
}

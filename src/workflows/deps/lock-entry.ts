/** One package as package-lock.yml has it. */
import type { Resolved } from './resolve.ts';
import type { Warner } from './warn.ts';

/**
 * The entry of a package that was resolved.
 *
 * URLs stand as they were written, without what rendering puts in; a secret that was written out is masked.
 */
export function lockEntry(
  { pinned, facts }: Resolved,
  env: Readonly<Record<string, string | undefined>>,
  warn: Warner,
): { readonly [key: string]: string } {
  const { name } = facts;
  const masked = (written: string): string => {
    const clean = withoutSecrets(written, env);
    if (clean !== written) warn.scrubbed(clean);
    return clean;
  };
  switch (pinned.kind) {
    case 'hub':
      return { package: pinned.package, version: pinned.version, name };
    case 'local':
      return { local: pinned.path, name };
    case 'tarball':
      return { tarball: masked(pinned.written), name };
    case 'git': {
      const { subdirectory } = pinned;
      const shared = {
        revision: facts.commit ?? pinned.revision,
        ...(subdirectory === undefined ? {} : { subdirectory }),
        name,
      };
      if (pinned.private === undefined) return { git: masked(pinned.written), ...shared };
      const { repository, provider } = pinned.private;
      return { private: repository, ...(provider === undefined ? {} : { provider }), ...shared };
    }
  }
}

function withoutSecrets(text: string, env: Readonly<Record<string, string | undefined>>): string {
  let clean = text;
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('DBT_ENV_SECRET') && value) clean = clean.replaceAll(value, '*****');
  }
  return clean;
}

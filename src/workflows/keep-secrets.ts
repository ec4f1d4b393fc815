/** Secrets that the environment holds. */
import { secrets } from '../base/index.ts';

/** From now on the values of `DBT_ENV_SECRET…` variables are masked, whether or not a template reads them. */
export function keepSecrets(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('DBT_ENV_SECRET') && value !== undefined) secrets.add(value);
  }
}

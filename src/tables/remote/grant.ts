/** A secret of a place in a bucket, for an engine that reads it by itself. */
import { createSecretSql, type OptionValue } from '../../duckdb/index.ts';
import type { EngineAccess } from '../../storage/index.ts';

/** The statement that creates the secret, under a name that follows from its scope. */
export function grantSql({ options, type, scope }: EngineAccess['secret']): string {
  const name = `_boathouse_${Buffer.from(scope).toString('hex')}`;
  return createSecretSql({ ...(options as Readonly<Record<string, OptionValue>>), type, scope, name }, 1);
}

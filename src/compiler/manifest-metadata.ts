/** dbt's `metadata` of a manifest. */
import { hash } from 'node:crypto';
import type { Project } from '../project/index.ts';
import type { Invocation } from './invocation.ts';
import type { Plain } from './manifest.ts';

/** What of the metadata is the project's, not the invocation's. */
export interface MetadataFacts {
  readonly projectName: string;
  readonly adapterType: string;
  readonly quoting: Plain;
}

/** The metadata that `project` decides. */
export function metadataFacts(project: Project): MetadataFacts {
  const { config, name, profile } = project;
  return {
    projectName: name,
    adapterType: profile.type,
    quoting: { database: true, schema: true, identifier: true, column: null, ...config.quoting },
  };
}

/** The whole metadata. */
export function manifestMetadata(
  facts: MetadataFacts,
  invocation: Pick<Invocation, 'id' | 'startedAt' | 'env'>,
): Plain {
  const startedAt = invocation.startedAt.toISOString();
  return {
    dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json',
    dbt_version: '1.11.16',
    generated_at: startedAt,
    invocation_id: invocation.id,
    invocation_started_at: startedAt,
    env: customEnvironment(invocation.env),
    project_name: facts.projectName,
    project_id: hash('md5', facts.projectName),
    user_id: null,
    send_anonymous_usage_stats: false,
    adapter_type: facts.adapterType,
    quoting: facts.quoting,
    run_started_at: startedAt.replace('Z', '+00:00'),
  };
}

/** `DBT_ENV_CUSTOM_ENV_*`, which dbt shows in every artifact. */
function customEnvironment(env: Invocation['env']): Plain {
  const prefix = 'DBT_ENV_CUSTOM_ENV_';
  const shown = Object.entries(env).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(shown.map(([name, value]) => [name.slice(prefix.length), value ?? '']));
}

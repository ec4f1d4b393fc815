/** A DuckDB in memory that finds the files of a lake, for building published files outside of runs. */
import { type AttachSpec, Database, type DatabaseOptions } from '../duckdb/index.ts';
import type { Project } from '../project/index.ts';
import { engineAccess, engineSecret, trustBundle } from '../storage/index.ts';
import { RemoteRelations } from '../tables/index.ts';
import type { ReaderAccess } from './catalog-tables.ts';

type Profile = Project['profile'];

/** What whoever reads a lake opens its engine with, as the profile says. */
export function readerEngine(
  profile: Profile | undefined,
): DatabaseOptions & { readonly attach: AttachSpec[] } {
  const { extensions = [], settings = {}, secrets = [], attach = [], configOptions = {} } = profile ?? {};
  // The engine's own database is in memory, which has no mode of access.
  const config = Object.entries(configOptions).filter(([name]) => name.toLowerCase() !== 'access_mode');
  return {
    config: Object.fromEntries(config.map(([name, value]) => [name, String(value)])),
    extensions,
    settings,
    secrets: secrets.map(({ options, ...known }) => ({ ...options, ...known })),
    resolveSecret: engineSecret,
    attach: attach.map((spec) => ({ ...spec, readOnly: true })),
    caFile: () =>
      trustBundle([profile?.lakehouse.caFile, ...secrets.map(({ options }) => textOf(options['ca_file']))]),
  };
}

/** Does `work` with an engine whose statements find files in buckets, by copies on this machine or by itself. */
export async function withLakeEngine<T>(
  { profile, access }: { readonly profile: Profile | undefined; readonly access: ReaderAccess },
  work: (engine: Database) => Promise<T>,
): Promise<T> {
  const remote = new RemoteRelations(
    () => access.mount(),
    (uri) => engineAccess(uri, access),
  );
  const engine = await Database.open({
    ...readerEngine(profile),
    beforeStatement: remote.hook,
    restoreText: remote.restore,
  });
  try {
    return await work(engine);
  } finally {
    await engine.close();
    await remote.close();
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

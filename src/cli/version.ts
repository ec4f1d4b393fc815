/** Which Boathouse this is. */
import { readFileSync } from 'node:fs';
import { adapterVersion, dbtVersion } from '../base/index.ts';

/** The version in package.json, which stands two folders above both `src/cli` and `dist/cli`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What `--version` prints; called as `dbt`, in the form that tools look for dbt's version in. */
export function versionText(calledAs?: string): string {
  const own = `boathouse ${packageVersion()}\n`;
  if (calledAs !== 'dbt') return own;
  const core = `Core:\n  - installed: ${dbtVersion}\n`;
  return `${core}\nPlugins:\n  - duckdb: ${adapterVersion}\n\nThis is ${own}`;
}

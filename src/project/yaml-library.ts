/**
 * The `yaml` package, loaded when a file first needs it: it is many modules, and most commands on most
 * projects read YAML that `plain-yaml.ts` understands.
 *
 * Reading a project never waits, so the package comes by `require`.
 */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

let library: typeof Yaml | undefined;

/** The package. */
export function yamlLibrary(): typeof Yaml {
  library ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  return library;
}

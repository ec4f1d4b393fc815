/** package-lock.yml: which versions were chosen, for everybody who installs after. */
import { join } from 'node:path';
import type { SourceLocation } from '../../base/index.ts';
import { type RenderFacts, yamlRenderer } from '../render-yaml.ts';
import type { WarningList } from '../warnings.ts';
import type { PlainDict } from '../yaml-value.ts';
import { packageErrors } from './errors.ts';
import type { PackageEntry } from './package-entry.ts';
import { parseEntries, readYamlDict } from './package-list.ts';
import { printPythonYaml } from './python-yaml.ts';

/** The name of the file beside dbt_project.yml. */
export const lockFileName = 'package-lock.yml';

/** What a lock file says. */
export interface LockFile {
  readonly entries: readonly PackageEntry[];
  /** Of the entries that it was made from; undefined where it has none. */
  readonly hash: string | undefined;
  readonly location: SourceLocation;
}

/**
 * The lock file of the project in `folder`; undefined where there is none.
 *
 * @throws project.bad-lock-file, and what reading packages.yml throws
 */
export function readLockFile(
  folder: string,
  facts: Pick<RenderFacts, 'env' | 'vars'>,
  warnings: WarningList,
): LockFile | undefined {
  const found = readYamlDict(folder, lockFileName, warnings);
  if (found === undefined) return undefined;
  const { file, data } = found;
  const hash = data['sha1_hash'];
  const location = { file: join(folder, lockFileName) };
  const other = Object.keys(data).find((key) => key !== 'packages' && key !== 'sha1_hash');
  if (other !== undefined) {
    throw packageErrors['bad-lock-file'](
      { problem: `it has a key '${other}'` },
      { location: file.locate([other], 'key') },
    );
  }
  const rendered = yamlRenderer({ ...facts, allowSecrets: true }).render(data, file, []) as PlainDict;
  const entries = rendered['packages'] === undefined ? [] : parseEntries(rendered, data, file);
  return { entries, hash: typeof hash === 'string' ? hash : undefined, location };
}

/** The text of a lock file, byte for byte as dbt writes it. Pure. */
export function printLockFile(packages: readonly { readonly [key: string]: string }[], hash: string): string {
  return printPythonYaml({ packages, sha1_hash: hash });
}

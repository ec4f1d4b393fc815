/** packages.yml and dependencies.yml: what a project asks for. */
import { join } from 'node:path';
import { projectErrors } from '../errors.ts';
import { failAt } from '../fields.ts';
import { readTextIfThere } from '../read-text.ts';
import { type RenderFacts, yamlRenderer } from '../render-yaml.ts';
import type { WarningList } from '../warnings.ts';
import { parseYaml, type YamlFile } from '../yaml-file.ts';
import { describeYaml, isPlainDict, type PlainDict } from '../yaml-value.ts';
import { packageErrors } from './errors.ts';
import { type PackageEntry, parsePackageEntry } from './package-entry.ts';

/** What a project asks for, and where it says so. */
export interface PackageList {
  /** `packages.yml` unless dependencies.yml has them. */
  readonly fileName: 'packages.yml' | 'dependencies.yml';
  /** In the file's order. */
  readonly entries: readonly PackageEntry[];
}

/**
 * The packages that the project in `folder` asks for.
 *
 * packages.yml is rendered, dependencies.yml isn't: dbt's rule for the project itself.
 *
 * @param always whether dependencies.yml is rendered, too: as dbt does it in packages while it installs.
 * @throws project.bad-package, project.bad-yaml, project.bad-value, project.conflicting-keys and what rendering throws.
 */
export function readPackageList(
  folder: string,
  facts: Pick<RenderFacts, 'env' | 'vars'>,
  warnings: WarningList,
  always = false,
): PackageList {
  const packages = readYamlDict(folder, 'packages.yml', warnings);
  const dependencies = readYamlDict(folder, 'dependencies.yml', warnings);
  const inBoth = [packages, dependencies].every((one) => one && Object.hasOwn(one.data, 'packages'));
  if (inBoth && dependencies) {
    throw projectErrors['conflicting-keys'](
      { first: '`packages` in dependencies.yml', second: '`packages` in packages.yml' },
      { location: dependencies.file.locate(['packages'], 'key') },
    );
  }
  if (dependencies?.data['projects']) {
    warnings.add({
      code: 'project.unused-key',
      message: 'Projects in dependencies.yml are not followed: references across projects need dbt platform',
      location: dependencies.file.locate(['projects'], 'key'),
    });
  }
  const usesDependencies = dependencies !== undefined && Object.hasOwn(dependencies.data, 'packages');
  const fileName = usesDependencies ? 'dependencies.yml' : 'packages.yml';
  const chosen = usesDependencies ? dependencies : packages;
  if (!chosen || Object.keys(chosen.data).length === 0) return { fileName, entries: [] };
  const { file, data } = chosen;
  if (!usesDependencies) refuseOtherKeys(file, data);
  const renderer = yamlRenderer({ ...facts, allowSecrets: true });
  const rendered = usesDependencies && !always ? data : (renderer.render(data, file, []) as PlainDict);
  return { fileName, entries: parseEntries(rendered, data, file) };
}

/** The entries below `packages` in a file. @throws project.bad-package, project.bad-value */
export function parseEntries(
  rendered: PlainDict,
  written: PlainDict,
  file: YamlFile,
  isLenient = false,
): readonly PackageEntry[] {
  const list = rendered['packages'];
  if (!Array.isArray(list)) {
    throw projectErrors['bad-value'](
      { path: 'packages', expected: 'a list', found: describeYaml(list ?? null) },
      { location: file.locate(['packages']), hint: 'Without any packages, write `packages: []`.' },
    );
  }
  const before: readonly unknown[] = Array.isArray(written['packages']) ? written['packages'] : list;
  return list.map((entry: unknown, i) =>
    parsePackageEntry(entry, before[i], file, ['packages', i], isLenient),
  );
}

/** A mapping in a YAML file of the project's; undefined where there is none. */
export function readYamlDict(
  folder: string,
  name: string,
  warnings: WarningList,
): { readonly file: YamlFile; readonly data: PlainDict } | undefined {
  const path = join(folder, name);
  const text = readTextIfThere(path);
  if (text === undefined) return undefined;
  const file = parseYaml(text, path);
  for (const warning of file.warnings) warnings.add(warning);
  if (file.value === null) return undefined;
  return isPlainDict(file.value) ? { file, data: file.value } : failAt(file, [], 'a mapping', file.value);
}

function refuseOtherKeys(file: YamlFile, data: PlainDict): void {
  const other = Object.keys(data).find((key) => key !== 'packages' && key !== 'sha1_hash');
  if (other === undefined) return;
  throw packageErrors['bad-package'](
    { problem: `'${other}' is no key of packages.yml` },
    {
      location: file.locate([other], 'key'),
      hint:
        other === 'projects'
          ? 'Projects are named in dependencies.yml.'
          : 'packages.yml has one key, `packages`, with a list.',
    },
  );
}

/** Where a unit test, or something in it, stands in its property file. */
import type { SourceLocation } from '../base/index.ts';
import { isPlainDict, type Project } from '../project/index.ts';
import type { ManifestUnitTest } from './manifest.ts';

/** The place of `path` within the test's entry; the file alone where the entry isn't found. */
export function unitTestPlace(
  project: Project,
  test: Pick<ManifestUnitTest, 'package_name' | 'original_file_path' | 'name' | 'model'>,
  ...path: readonly (string | number)[]
): SourceLocation {
  const pkg = project.packages.find(({ name }) => name === test.package_name);
  const file = pkg?.files.properties.find(({ relativePath }) => relativePath === test.original_file_path);
  const list = file?.data['unit_tests'];
  if (file === undefined || !Array.isArray(list)) return { file: test.original_file_path };
  const index = list
    .filter(isPlainDict)
    .findIndex(({ name, model }) => name === test.name && model === test.model);
  return index === -1 ? { file: file.path } : file.locate(['unit_tests', index, ...path]);
}

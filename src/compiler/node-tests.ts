/** Generic tests on models, seeds and snapshots. */
import type { Finishing } from './finish-node.ts';
import type { GenericTests } from './generic-tests.ts';
import type { ManifestNode } from './manifest.ts';
import type { PropertyEntries, PropertyEntry } from './property-entries.ts';
import { isRefable } from './ref-lookup.ts';
import { testsOf } from './tests-of-entry.ts';
import { columnsOfVersion, versionsOf } from './versions.ts';

/** Takes in every test of the models, seeds and snapshots that property files describe. */
export function readNodeTests(tools: Finishing, tests: GenericTests, entries: PropertyEntries): void {
  const nodes = new AttachedNodes(tools);
  for (const key of ['models', 'seeds', 'snapshots'] as const) {
    for (const entry of entries.of(key)) {
      const quoteColumns = entry.data['quote_columns'] === true;
      const shared = {
        entry,
        isSource: false,
        fileKeyName: `${key}.${entry.name}`,
      };
      const versions = key === 'models' ? versionsOf(entry) : [];
      if (versions.length === 0) {
        const node = nodes.find(entry, null);
        for (const test of testsOf(entry.data, [], quoteColumns)) {
          tests.add(test.written, {
            ...shared,
            expression: `ref('${entry.name}')`,
            nameInTest: entry.name,
            version: null,
            node,
            columnName: test.columnName,
            tags: test.columnTags,
            path: test.path,
          });
        }
        continue;
      }
      for (const version of versions) {
        // Under its newer name an empty list is a list: such a version has no tests but its columns'.
        const { data_tests: newer, tests: older } = version.data;
        const hasOwn = Array.isArray(newer) || (Array.isArray(older) && older.length > 0);
        const data = hasOwn ? version.data : entry.data;
        const path = hasOwn ? ['versions', version.index] : [];
        const node = nodes.find(entry, version.version);
        for (const test of testsOf(data, path, quoteColumns, columnsOfVersion(entry, version))) {
          tests.add(test.written, {
            ...shared,
            expression: `ref('${entry.name}', version='${version.version}')`,
            nameInTest: `${entry.name}_v${version.version}`,
            version: version.version,
            node,
            columnName: test.columnName,
            tags: test.columnTags,
            path: test.path,
          });
        }
      }
    }
  }
}

/** Nodes by package, name and version, disabled ones last. */
class AttachedNodes {
  readonly #nodes = new Map<string, ManifestNode>();

  constructor(tools: Finishing) {
    const { manifest } = tools.parsing;
    const disabled = Object.values(manifest.disabled).flat();
    for (const node of [...Object.values(manifest.nodes), ...disabled]) {
      if (!isRefable(node.resource_type)) continue;
      const refable = node as ManifestNode;
      const key = keyOf(refable.package_name, refable.name, refable.version ?? null);
      if (!this.#nodes.has(key)) this.#nodes.set(key, refable);
    }
  }

  find(entry: PropertyEntry, version: string | number | null): ManifestNode | undefined {
    return this.#nodes.get(keyOf(entry.packageName, entry.name, version));
  }
}

function keyOf(packageName: string, name: string, version: string | number | null): string {
  return `${packageName}.${name}.${version ?? ''}`;
}

/** Unit tests: their fixtures read, and the model they test found. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPlainDict, YamlDate } from '../project/index.ts';
import { parseCsv } from './csv-rows.ts';
import { belowSearchPath } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import type { Finishing } from './finish-node.ts';
import type { ManifestNode, ManifestUnitTest, Plain } from './manifest.ts';
import { type PropertyEntry, placeOf } from './property-entries.ts';
import { pythonRepr, pythonStr } from './python-repr.ts';
import type { RefLookup } from './ref-lookup.ts';
import { foldersOf } from './sql-nodes.ts';
import { refOfCall, staticCalls } from './static-calls.ts';

/**
 * Takes a unit test in; one for each version of a model that has versions.
 *
 * @throws compiler.bad-property, compiler.ref-not-found, compiler.duplicate-name
 */
export function readUnitTest(tools: Finishing, lookup: RefLookup, entry: PropertyEntry): void {
  const { parsing } = tools;
  const { data } = entry;
  const model = pythonStr(data['model'] ?? '');
  const path = belowSearchPath(entry.file.relativePath, entry.file.searchPath);
  const uniqueId = `unit_test.${entry.packageName}.${model}.${entry.name}`;
  const fqn = [entry.packageName, ...foldersOf(path), model, entry.name];
  const { config } = parsing.levels.of({
    type: 'unit_test',
    packageName: entry.packageName,
    fqn,
    patch: isPlainDict(data['config']) ? data['config'] : undefined,
    node: uniqueId,
  });
  const test: ManifestUnitTest = {
    model,
    given: readGiven(tools, entry),
    expect: fixtureOf(tools, entry, ['expect'], data['expect']),
    name: entry.name,
    resource_type: 'unit_test',
    package_name: entry.packageName,
    path,
    original_file_path: entry.file.relativePath,
    unique_id: uniqueId,
    fqn,
    description: tools.docs.describe(data['description'], entry.packageName, () =>
      placeOf(entry, 'description'),
    ).text,
    overrides: overridesOf(data['overrides']),
    depends_on: { macros: [], nodes: [] },
    config: config as ManifestUnitTest['config'],
    checksum: null,
    schema: null,
    created_at: parsing.createdAt,
    versions: versionsOf(data['versions']),
    version: null,
  };
  test.checksum = checksumOf(test);
  if (test.config.enabled) addForVersions(tools, lookup, entry, test);
  else parsing.addDisabled(test);
}

function addForVersions(
  tools: Finishing,
  lookup: RefLookup,
  entry: PropertyEntry,
  test: ManifestUnitTest,
): void {
  const { manifest } = tools.parsing;
  const nodes = Object.values(manifest.nodes).filter(
    (node) =>
      node.resource_type === 'model' && node.name === test.model && node.package_name === entry.packageName,
  );
  const [only] = nodes;
  if (!only) {
    const isDisabled = Object.values(manifest.disabled).some((copies) =>
      copies.some((copy) => copy.resource_type === 'model' && copy.name === test.model),
    );
    if (isDisabled) {
      tools.parsing.addDisabled(test);
      return;
    }
    const near = lookup.nearestRef(test.model);
    throw compilerErrors['ref-not-found'](
      { node: test.unique_id, name: test.model, package: null, version: null, disabled: false },
      {
        location: placeOf(entry, 'model'),
        ...(near === undefined ? {} : { hint: `Did you mean '${near}'?` }),
      },
    );
  }
  if (only.version == null) {
    if (Array.isArray(test.versions?.['include']) || Array.isArray(test.versions?.['exclude'])) {
      throw compilerErrors['bad-property'](
        {
          problem: `Unit test '${test.name}' should not have a versions include or exclude when referencing non-versioned model '${only.name}'`,
        },
        { location: placeOf(entry, 'versions') },
      );
    }
    put(tools, entry, test, only);
    return;
  }
  for (const node of nodes) {
    if (!isWanted(test.versions, node.version)) continue;
    const id = `${test.unique_id}_v${node.version}`;
    const copy = {
      ...test,
      unique_id: id,
      version: node.version ?? null,
      depends_on: { macros: [], nodes: [] },
    };
    put(tools, entry, copy, node);
  }
}

function put(tools: Finishing, entry: PropertyEntry, test: ManifestUnitTest, node: ManifestNode): void {
  const { parsing } = tools;
  checkIncremental(entry, test, node);
  const before = parsing.manifest.unit_tests[test.unique_id];
  if (before) {
    throw compilerErrors['duplicate-name'](
      {
        kind: 'unit tests',
        name: test.name,
        first: before.original_file_path,
        second: entry.file.relativePath,
      },
      { location: placeOf(entry, 'name') },
    );
  }
  test.depends_on.nodes = [node.unique_id];
  test.schema = node.schema;
  parsing.manifest.unit_tests[test.unique_id] = test;
  parsing.place(test.unique_id, () => placeOf(entry));
}

/** A test of a model that asks whether it is incremental says which, and what the model's table then holds. */
function checkIncremental(entry: PropertyEntry, test: ManifestUnitTest, node: ManifestNode): void {
  if (!node.depends_on.macros.includes('macro.dbt.is_incremental')) return;
  const answer = (test.overrides?.['macros'] as Plain | undefined)?.['is_incremental'];
  if (typeof answer !== 'boolean') {
    throw compilerErrors['bad-property'](
      {
        problem: `Boolean override for 'is_incremental' must be provided for unit test '${test.name}' in model '${node.name}'`,
      },
      {
        location: placeOf(entry, 'overrides'),
        hint: 'Set `overrides: {macros: {is_incremental: true}}`, or false.',
      },
    );
  }
  if (!answer || test.given.some(({ input }) => String(input).trim() === 'this')) return;
  throw compilerErrors['bad-property'](
    {
      problem: `Unit test '${test.name}' for incremental model '${node.name}' must have a 'this' input`,
    },
    {
      location: placeOf(entry, 'given'),
      hint: 'Add `- input: this` with the rows that the table holds before.',
    },
  );
}

function isWanted(versions: Plain | null, version: string | number | null | undefined): boolean {
  const has = (list: unknown): boolean =>
    Array.isArray(list) && list.some((item) => String(item) === String(version));
  if (versions === null) return true;
  if (Array.isArray(versions['include'])) return has(versions['include']);
  return !has(versions['exclude']);
}

function readGiven(tools: Finishing, entry: PropertyEntry): Plain[] {
  const { given } = entry.data;
  if (!Array.isArray(given)) return [];
  return given.map((item: unknown, index) => {
    const input = isPlainDict(item) ? item : {};
    return { input: pythonStr(input['input'] ?? ''), ...fixtureOf(tools, entry, ['given', index], input) };
  });
}

/** Rows of a fixture: given as dicts, CSV or SQL, inline or in a file. @throws compiler.bad-property */
function fixtureOf(
  tools: Finishing,
  entry: PropertyEntry,
  path: readonly (string | number)[],
  written: unknown,
): Plain {
  const bad = (problem: string, hint?: string): never => {
    throw compilerErrors['bad-property']({ problem }, { location: placeOf(entry, ...path), hint });
  };
  if (!isPlainDict(written)) return bad(`The unit test '${entry.name}' needs rows here`);
  const format = pythonStr(written['format'] ?? 'dict');
  const fixture = written['fixture'] == null ? null : pythonStr(written['fixture']);
  let { rows } = written;
  if (fixture !== null) rows = fixtureText(tools, entry, fixture, format, bad);
  switch (format) {
    case 'sql':
      if (typeof rows !== 'string') bad("Rows of the format 'sql' have to be a text");
      return { rows: (rows as string).trim(), format, fixture };
    case 'csv':
      if (rows === undefined || rows === null) return { rows: [], format, fixture };
      if (typeof rows !== 'string') bad("Rows of the format 'csv' have to be a text");
      return { rows: wholeFirst(parseCsv((rows as string).trim())), format, fixture };
    case 'dict':
      if (rows === undefined || rows === null)
        return { rows: wholeFirst(seedRows(tools, entry, written, bad)), format, fixture };
      if (!Array.isArray(rows) || !rows.every(isPlainDict)) {
        bad(
          "Rows of the format 'dict' have to be a list of mappings",
          'Set `format: csv` or `format: sql` for rows as text.',
        );
      }
      return { rows: wholeFirst((rows as Plain[]).map((row) => asTexts(row) as Plain)), format, fixture };
    default:
      return bad(`'${format}' is no format of rows`, 'Formats are dict, csv and sql.');
  }
}

/** Dates as texts: dbt has written and read the rows once before it looks at them. */
function asTexts(value: unknown): unknown {
  if (value instanceof YamlDate) return value.isoFormat();
  if (Array.isArray(value)) return value.map(asTexts);
  if (!isPlainDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asTexts(item)]));
}

/** As dbt orders rows: the first one without a null changes places with the first. */
function wholeFirst(rows: readonly Plain[]): readonly Plain[] {
  const at = rows.findIndex((row) => Object.values(row).every((value) => value !== null));
  const [first, whole] = [rows[0], rows[at]];
  if (at <= 0 || first === undefined || whole === undefined) return rows;
  return rows.map((row, i) => (i === 0 ? whole : i === at ? first : row));
}

/** The rows of an input that gives none and is a seed: the seed's own. */
function seedRows(
  tools: Finishing,
  entry: PropertyEntry,
  written: Plain,
  bad: (problem: string, hint?: string) => never,
): readonly Plain[] {
  const [call] = staticCalls(`{{ ${pythonStr(written['input'] ?? '')} }}`) ?? [];
  const ref = call?.name === 'ref' ? refOfCall(call) : undefined;
  const { nodes } = tools.parsing.manifest;
  const seed = nodes[`seed.${ref?.package ?? entry.packageName}.${ref?.name}`];
  const pkg = seed && tools.parsing.packageNamed(seed.package_name);
  if (seed === undefined || pkg === undefined) {
    return bad(
      `The unit test '${entry.name}' needs rows here`,
      'Only the input of a seed may leave them out: they are then those of its file.',
    );
  }
  // As Python's csv reads them: what is empty is an empty text.
  const rows = parseCsv(readFileSync(join(pkg.root, seed.original_file_path), 'utf8').trim());
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? ''])),
  );
}

function fixtureText(
  tools: Finishing,
  entry: PropertyEntry,
  name: string,
  format: string,
  bad: (problem: string, hint?: string) => never,
): string {
  const files = tools.parsing.project.packages.flatMap((pkg) => pkg.files.fixtures);
  const stem = (path: string): string => (path.split('/').at(-1) ?? path).replace(/\.(csv|sql)$/, '');
  const found = files.find(
    (file) => stem(file.relativePath) === name && file.relativePath.endsWith(`.${format}`),
  );
  if (found) return found.text;
  return bad(
    `The unit test '${entry.name}' uses the fixture '${name}', and there is no ${name}.${format} under tests/fixtures`,
  );
}

function overridesOf(value: unknown): Plain | null {
  if (!isPlainDict(value)) return null;
  return { macros: value['macros'] ?? {}, vars: value['vars'] ?? {}, env_vars: value['env_vars'] ?? {} };
}

function versionsOf(value: unknown): Plain | null {
  if (!isPlainDict(value)) return null;
  return { include: value['include'] ?? null, exclude: value['exclude'] ?? null };
}

/** dbt's checksum: of the test as Python prints it. */
function checksumOf(test: ManifestUnitTest): string {
  const format = (fixture: Plain): string => {
    const names: Readonly<Record<string, string>> = { sql: 'SQL', csv: 'CSV', dict: 'Dict' };
    const value = String(fixture['format']);
    return `rows=${pythonRepr(fixture['rows'])}, format=<UnitTestFormat.${names[value]}: '${value}'>, fixture=${pythonRepr(fixture['fixture'])}`;
  };
  const given = test.given.map(
    (item) => `UnitTestInputFixture(input=${pythonRepr(item['input'])}, ${format(item)})`,
  );
  const overrides = test.overrides;
  const parts = [
    test.model,
    test.versions === null
      ? 'None'
      : `UnitTestNodeVersions(include=${pythonRepr(test.versions['include'])}, exclude=${pythonRepr(test.versions['exclude'])})`,
    `[${given.join(', ')}]`,
    `UnitTestOutputFixture(${format(test.expect)})`,
    overrides === null
      ? 'None'
      : `UnitTestOverrides(macros=${pythonRepr(overrides['macros'])}, vars=${pythonRepr(overrides['vars'])}, env_vars=${pythonRepr(overrides['env_vars'])})`,
  ];
  let text = parts.join('-');
  for (const item of test.given) if (item['fixture'] !== null) text += `-${pythonStr(item['rows'])}`;
  return createHash('sha256').update(text).digest('hex');
}

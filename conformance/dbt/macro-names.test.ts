/**
 * Every macro that dbt and dbt-duckdb have is here with the same arguments, or on the list of those we
 * leave out, with why. `macro-names.json` was listed from a manifest of dbt-core 1.11 and dbt-duckdb 1.11.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Definition, parseTemplate } from '../../src/jinja/index.ts';

const root = resolve(import.meta.dirname, '../../macros');
const dbts = JSON.parse(readFileSync(join(import.meta.dirname, 'macro-names.json'), 'utf8')) as Record<
  string,
  string
>;

/** What we leave out, and why. Calling one says that there is no such macro. */
const leftOut: readonly (readonly [RegExp, string])[] = [
  [
    /^(py_(script|write)|build_(config_dict|ref_function|source_function)|(default__)?resolve_model_name)/,
    'Python models',
  ],
  [
    /scalar_function|aggregate_function|function_(execute|language|python)|volatility/,
    'functions as resources',
  ],
  [/materialized_view_(setup|teardown|get|execute)/, 'DuckDB has no materialized views'],
  [
    /(alter_materialized_view_as_sql|materialized_view_configuration_changes)$/,
    'DuckDB has no materialized views',
  ],
  [/flight_name$/, 'MotherDuck flights'],
  [/(partitioned_by|sorted_by)$/, 'DuckLake tables'],
  [/^validate_(merge|ducklake|dict|string)/, 'checks of configuration, which plans make'],
  [/foreign_key|^drop_relation_for_rebuild$|constraint_types$/, 'steps of materializations, which are plans'],
  [
    /^duckdb__get_catalog_(columns|tables|results|schemas_where|relations_where)/,
    'parts of another text of get_catalog',
  ],
];

interface Found {
  readonly definition: Definition;
  readonly file: string;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.sql'),
);
const found = new Map<string, Found[]>();
for (const file of files) {
  for (const definition of parseTemplate(readFileSync(join(root, file), 'utf8'), { file }).definitions) {
    const others = found.get(definition.macroName) ?? [];
    found.set(definition.macroName, [...others, { definition, file }]);
  }
}

describe('the built-in macros', () => {
  it('stand in dbt namespaces, in files that define something', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !/^(dbt|dbt_duckdb)\//.test(file))).toEqual([]);
    const defining = new Set([...found.values()].flat().map(({ file }) => file));
    expect(files.filter((file) => !defining.has(file))).toEqual([]);
  });

  it('are defined once in each namespace', () => {
    const twice = [...found].filter(
      ([, places]) => new Set(places.map(({ file }) => file.split('/')[0])).size < places.length,
    );
    expect(twice.map(([name]) => name)).toEqual([]);
  });

  it('are all that dbt has, but for what is left out', () => {
    const missing = Object.keys(dbts).filter(
      (name) => !found.has(name) && !leftOut.some(([pattern]) => pattern.test(name)),
    );
    expect(missing).toEqual([]);
  });

  it('are not said to be left out when they are there', () => {
    const there = [...found.keys()].filter((name) => leftOut.some(([pattern]) => pattern.test(name)));
    expect(there).toEqual([]);
  });

  it("take dbt's arguments, in dbt's order", () => {
    const different = [...found].flatMap(([name, places]) => {
      const wanted = dbts[name];
      if (wanted === undefined) return [];
      const given = places.map(({ definition }) => definition.parameters.map((p) => p.name).join(', '));
      return given.includes(wanted) ? [] : [`${name}(${given.join(' | ')}), not (${wanted})`];
    });
    expect(different).toEqual([]);
  });
});

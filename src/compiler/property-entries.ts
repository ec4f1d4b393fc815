/**
 * Property files as entries: one for each model, source, exposure and so on that they describe.
 *
 * Jinja in them is rendered here, except where dbt renders it later: descriptions, tests and hooks.
 */
import type { SourceLocation } from '../base/index.ts';
import { parseTemplate, type Scope } from '../jinja/index.ts';
import { isPlainDict, type PropertyFile } from '../project/index.ts';
import type { DocBlocks } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import { addToMap } from './lists-by-key.ts';
import type { Plain } from './manifest.ts';
import { writable } from './manifest-text.ts';
import type { Parsing } from './parsing.ts';
import { toPlain } from './plain-values.ts';

/** The lists of resources a property file may have. */
export const propertyKeys = [
  'models',
  'seeds',
  'snapshots',
  'sources',
  'macros',
  'analyses',
  'exposures',
  'groups',
  'data_tests',
  'unit_tests',
  'metrics',
  'semantic_models',
  'saved_queries',
  'functions',
] as const;

/** One of `propertyKeys`. */
export type PropertyKey = (typeof propertyKeys)[number];

/** One described resource. */
export interface PropertyEntry {
  readonly key: PropertyKey;
  readonly name: string;
  readonly packageName: string;
  readonly file: PropertyFile;
  /** Its position in its list. */
  readonly index: number;
  /** What the file says of it, rendered. Shared with the project: never changed. */
  readonly data: Plain;
  /** What the file says of it, as written. */
  readonly raw: Plain;
}

/** Every entry of the project, by key, in the order of packages and files. */
export class PropertyEntries {
  readonly #byKey = new Map<PropertyKey, PropertyEntry[]>();

  constructor(parsing: Parsing, docs: DocBlocks) {
    for (const pkg of parsing.project.packages) {
      let scope: Scope | undefined;
      const scopeOf = (): Scope => {
        scope ??= parsing.environment.scope({
          kind: 'yaml',
          packageName: pkg.name,
          names: parsing.environment.yamlNames(
            (name, inPackage) => docs.find(name, inPackage, pkg.name).block_contents,
          ),
        });
        return scope;
      };
      for (const file of pkg.files.properties) this.#read(pkg.name, file, scopeOf);
    }
  }

  of(key: PropertyKey): readonly PropertyEntry[] {
    return this.#byKey.get(key) ?? [];
  }

  #read(packageName: string, file: PropertyFile, scopeOf: () => Scope): void {
    const isRendered =
      file.text.includes('{{') || file.text.includes('{%') || /[|>][-+0-9]*[ \t]*$/m.test(file.text);
    const hasFloats = /\d\.0|\d\.(?!\d)|\de[+-]?\d/i.test(file.text);
    for (const key of propertyKeys) {
      const list = listOf(file, key);
      list.forEach((raw, index) => {
        const rendered = isRendered ? renderEntry(key, raw, file, index, scopeOf) : raw;
        const data = hasFloats ? writable(rendered) : rendered;
        const name = data['name'];
        if (typeof name !== 'string') {
          throw compilerErrors['bad-property'](
            { problem: `Every entry of '${key}' needs a name, a text` },
            { location: file.locate([key, index, 'name']) },
          );
        }
        addToMap(this.#byKey, key, { key, name, packageName, file, index, data, raw });
      });
    }
  }
}

/** Where an entry, or something in it, stands. */
export function placeOf(entry: PropertyEntry, ...path: readonly (string | number)[]): SourceLocation {
  const key = entry.key === 'data_tests' && !('data_tests' in entry.file.data) ? 'tests' : entry.key;
  return entry.file.locate([key, entry.index, ...path]);
}

/** dbt's `patch_path`. */
export function patchPath(entry: PropertyEntry): string {
  return `${entry.packageName}://${entry.file.relativePath}`;
}

function listOf(file: PropertyFile, key: PropertyKey): readonly Plain[] {
  const value = file.data[key] ?? (key === 'data_tests' ? file.data['tests'] : undefined);
  return Array.isArray(value) ? value.filter(isPlainDict) : [];
}

function renderEntry(
  key: PropertyKey,
  raw: Plain,
  file: PropertyFile,
  index: number,
  scopeOf: () => Scope,
): Plain {
  const render = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string') {
      const isPlain = !value.includes('{{') && !value.includes('{%');
      if (isPlain && !value.endsWith('\n')) return value;
      if (isRenderedLater(key, path)) return value;
      // Rendering takes the line end of a block of YAML away.
      if (isPlain) return value.slice(0, -1);
      const at = file.locate([key, index, ...path]);
      const template = parseTemplate(value, {
        file: file.path,
        ...(at.line === undefined ? {} : { line: at.line }),
        ...(at.column === undefined ? {} : { column: at.column }),
      });
      return toPlain(template.renderNative(scopeOf(), { undefined: 'strict' }));
    }
    if (Array.isArray(value)) return value.map((item, i) => render(item, [...path, i]));
    if (!isPlainDict(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, render(item, [...path, name])]),
    );
  };
  return render(raw, []) as Plain;
}

const later = new Set<unknown>(['tests', 'data_tests', 'description', 'loaded_at_query']);

/** Lists whose entries are described and tested themselves. */
const withParts = new Set<unknown>(['columns', 'dimensions', 'measures', 'entities']);

/** Whether dbt leaves the Jinja at `path` of an entry for later. */
function isRenderedLater(key: PropertyKey, path: readonly (string | number)[]): boolean {
  const inside = (at: readonly (string | number)[]): boolean => {
    if (later.has(at[0]) || (at.length === 2 && later.has(at[1]))) return true;
    if (
      at[0] === 'config' &&
      ['pre_hook', 'post_hook', 'pre-hook', 'post-hook', 'loaded_at_query'].includes(String(at[1]))
    )
      return true;
    return at.length >= 3 && withParts.has(at[0]) && later.has(at[2]);
  };
  switch (key) {
    case 'sources':
      if (path[0] === 'tables') return inside(path.slice(2));
      return (
        path[0] === 'description' ||
        path[0] === 'loaded_at_query' ||
        (path[0] === 'config' && path[1] === 'loaded_at_query')
      );
    case 'macros':
      return path[0] === 'arguments' ? inside(path.slice(2)) : inside(path);
    case 'exposures':
      // ref() and source() of an exposure are read, not rendered.
      return path[0] === 'depends_on' || inside(path);
    case 'unit_tests':
      return path[0] === 'given' || path[0] === 'expect' || inside(path);
    case 'metrics':
      // Filters have Jinja of their own: MetricFlow's.
      return path.at(-1) === 'filter' || path.at(-2) === 'filter' || inside(path);
    case 'saved_queries':
      return (path[0] === 'query_params' && path[1] === 'where') || inside(path);
    case 'models':
      if (path[0] === 'versions') return inside(path.slice(2));
      return path[0] === 'constraints' || inside(path);
    case 'snapshots':
      return path[0] === 'relation' || inside(path);
    default:
      return inside(path);
  }
}

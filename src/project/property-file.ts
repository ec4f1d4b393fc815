/** Property files: the `.yml` files beside models, seeds and the rest, checked in their outline. */
import { nearest, type SourceLocation } from '../base/index.ts';
import { misspelledConfigKey } from './config-keys.ts';
import { warnMisspelled } from './config-tree.ts';
import { failAt } from './fields.ts';
import type { PropertyFile, SourceFile } from './project.ts';
import { propertyShapes } from './property-shapes.ts';
import type { WarningList } from './warnings.ts';
import { parseYaml, type YamlFile, type YamlPath } from './yaml-file.ts';
import { checkShape } from './yaml-shape.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/**
 * `source` as a property file: values of a wrong type stop, keys that nothing uses are warned of.
 *
 * @param isKnownGood whether the same content was read before without a warning: it is then parsed only
 * when someone looks at its data.
 * @throws project.bad-yaml, project.bad-value at the line and column where the file goes wrong.
 */
export function parsePropertyFile(
  source: SourceFile,
  warnings: WarningList,
  isKnownGood: boolean = false,
): PropertyFile {
  return isKnownGood ? new LazyPropertyFile(source, warnings) : eager(source, warnings);
}

function eager(source: SourceFile, warnings: WarningList): PropertyFile {
  const file = parseYaml(source.text.trimEnd(), source.path);
  for (const warning of file.warnings) warnings.add(warning);
  const data = checkedData(file, warnings);
  return { ...source, data, locate: (path, part) => file.locate(path, part) };
}

/** A property file that is parsed when it is first asked for its data or for a place in it. */
class LazyPropertyFile implements PropertyFile {
  readonly path: string;
  readonly relativePath: string;
  readonly text: string;
  readonly sha256: string;
  readonly searchPath: string;
  readonly #warnings: WarningList;
  #parsed: PropertyFile | undefined;

  constructor(source: SourceFile, warnings: WarningList) {
    this.path = source.path;
    this.relativePath = source.relativePath;
    this.text = source.text;
    this.sha256 = source.sha256;
    this.searchPath = source.searchPath;
    this.#warnings = warnings;
  }

  get data(): PlainDict {
    return this.#file().data;
  }

  locate(path: YamlPath, part?: 'key' | 'value'): SourceLocation {
    return this.#file().locate(path, part);
  }

  #file(): PropertyFile {
    this.#parsed ??= eager(this, this.#warnings);
    return this.#parsed;
  }
}

function checkedData(file: YamlFile, warnings: WarningList): PlainDict {
  if (file.value === null) return {};
  if (!isPlainDict(file.value)) failAt(file, [], 'a mapping with models, sources, …', file.value);
  const data: PlainDict = {};
  const context = {
    locate: file.locate,
    warn: (warning: Parameters<WarningList['add']>[0], about: string) => warnings.add(warning, about),
  };
  for (const [key, value] of Object.entries(file.value)) {
    const shape = propertyShapes[key];
    if (shape === undefined) {
      warnUnknownSection(key, file, warnings);
      continue;
    }
    // `models:` with nothing below it is an empty list.
    if (value === null) continue;
    checkShape(value, shape, [key], context);
    checkConfigs(value, file, [key], warnings);
    data[key] = value;
  }
  return data;
}

function warnUnknownSection(key: string, file: YamlFile, warnings: WarningList): void {
  const near = nearest(key, Object.keys(propertyShapes));
  // Keys that begin with a dot or an underscore are a custom for anchors.
  if (near === undefined && /^[._x]/.test(key)) return;
  warnings.add({
    code: 'project.unknown-key',
    message: `'${key}' is no known section of a property file`,
    ...(near !== undefined && { hint: `Did you mean '${near}'?` }),
    location: file.locate([key], 'key'),
  });
}

/** Warns of misspelled keys in every `config:` of the file. */
function checkConfigs(value: unknown, file: YamlFile, path: YamlPath, warnings: WarningList): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      checkConfigs(item, file, [...path, i], warnings);
    });
    return;
  }
  if (!isPlainDict(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'config' && isPlainDict(item)) {
      for (const name of Object.keys(item)) {
        const near = misspelledConfigKey(name);
        if (near !== undefined) warnMisspelled(name, near, file, [...path, key, name], warnings);
      }
    } else if (typeof item === 'object' && !freeForm.has(key)) {
      checkConfigs(item, file, [...path, key], warnings);
    }
  }
}

/** What a project writes in its own words: not searched for `config:`. */
const freeForm: ReadonlySet<string> = new Set([
  'meta',
  'arguments',
  'rows',
  'given',
  'expect',
  'overrides',
  'owner',
  'docs',
  'constraints',
  'freshness',
]);

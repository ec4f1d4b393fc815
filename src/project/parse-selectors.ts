/** Reading selectors.yml. What it selects is decided in the compiler. */
import { join } from 'node:path';
import { didYouMean } from '../base/index.ts';
import { projectErrors } from './errors.ts';
import { Fields, failAt } from './fields.ts';
import { readTextIfThere } from './read-text.ts';
import type { YamlRenderer } from './render-yaml.ts';
import type { IndirectSelection, Selector, SelectorDefinition } from './selectors-file.ts';
import type { WarningList } from './warnings.ts';
import { parseYaml, type YamlFile, type YamlPath } from './yaml-file.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/**
 * The selectors of the project in `folder`, in the file's order; none when there is no selectors.yml.
 *
 * @throws project.bad-yaml, project.bad-value, project.duplicate-selector
 */
export function readSelectors(
  folder: string,
  renderer: YamlRenderer,
  warnings: WarningList,
): readonly Selector[] {
  const path = join(folder, 'selectors.yml');
  const text = readTextIfThere(path);
  if (text === undefined) return [];
  const file = parseYaml(text, path);
  for (const warning of file.warnings) warnings.add(warning);
  if (file.value === null) return [];
  const rendered = renderer.render(file.value, file, []);
  if (!isPlainDict(rendered)) failAt(file, [], 'a mapping with `selectors`', rendered);
  const selectors = (new Fields(rendered, file, []).list('selectors') ?? []).map((entry, i) =>
    parseSelector(entry, file, ['selectors', i], warnings),
  );
  checkTogether(selectors, file);
  return selectors;
}

function parseSelector(entry: unknown, file: YamlFile, path: YamlPath, warnings: WarningList): Selector {
  if (!isPlainDict(entry)) failAt(file, path, 'a mapping with name and definition', entry);
  const fields = new Fields(entry, file, path);
  const name = fields.text('name') ?? fields.fail('name', 'given', undefined);
  const definition = fields.any('definition');
  const selector = {
    name,
    description: fields.text('description') ?? '',
    isDefault: fields.bool('default') ?? false,
    definition: parseRoot(definition, file, [...path, 'definition']),
    raw: entry,
    location: file.locate(path),
  };
  fields.warnUnknown(warnings, 'a selector');
  return selector;
}

function parseRoot(definition: unknown, file: YamlFile, path: YamlPath): SelectorDefinition {
  if (isPlainDict(definition)) {
    const sets = ['union', 'intersection'].filter((key) => key in definition);
    if (sets.length > 0 && Object.keys(definition).length > 1) {
      failAt(file, path, `a mapping with \`${sets[0]}\` alone`, definition);
    }
  }
  return parseDefinition(definition, file, path);
}

function parseDefinition(definition: unknown, file: YamlFile, path: YamlPath): SelectorDefinition {
  const location = file.locate(path);
  if (typeof definition === 'string') return { kind: 'text', text: definition, location };
  if (!isPlainDict(definition)) {
    return failAt(file, path, 'a text, or a mapping with union, intersection or method', definition);
  }
  for (const kind of ['union', 'intersection'] as const) {
    if (kind in definition) return { kind, ...parseMembers(definition, kind, file, path), location };
  }
  const keys = Object.keys(definition);
  if (keys.length === 1 && keys[0] !== undefined && keys[0] !== 'exclude') {
    const [method] = keys;
    return { ...emptyCriterion, kind: 'criterion', method, value: definition[method], location };
  }
  return parseCriterion(definition, file, path);
}

const emptyCriterion = {
  parents: false,
  parentsDepth: undefined,
  children: false,
  childrenDepth: undefined,
  childrensParents: false,
  indirectSelection: undefined,
  exclude: [],
};

function parseMembers(
  definition: PlainDict,
  kind: 'union' | 'intersection',
  file: YamlFile,
  path: YamlPath,
): { members: SelectorDefinition[]; exclude: readonly SelectorDefinition[] } {
  const entries = new Fields(definition, file, path).list(kind) ?? [];
  const members: SelectorDefinition[] = [];
  let exclude: readonly SelectorDefinition[] | undefined;
  entries.forEach((entry, i) => {
    const at = [...path, kind, i];
    const isExclusion = isPlainDict(entry) && 'exclude' in entry && !('method' in entry);
    if (!isExclusion) {
      members.push(parseDefinition(entry, file, at));
      return;
    }
    if (exclude !== undefined) failAt(file, at, 'the only `exclude` in this list', entry);
    exclude = parseExclude(entry, file, at);
  });
  return { members, exclude: exclude ?? [] };
}

function parseExclude(entry: PlainDict, file: YamlFile, path: YamlPath): readonly SelectorDefinition[] {
  const list = new Fields(entry, file, path).list('exclude') ?? [];
  return list.map((item, i) => parseDefinition(item, file, [...path, 'exclude', i]));
}

function parseCriterion(definition: PlainDict, file: YamlFile, path: YamlPath): SelectorDefinition {
  const location = file.locate(path);
  const fields = new Fields(definition, file, path);
  const method =
    fields.text('method') ?? failAt(file, path, 'a mapping with `method` and `value`', definition);
  const value = fields.any('value') ?? fields.fail('value', 'given', undefined);
  if (method === 'selector') return { kind: 'inherit', name: String(value), location };
  const [parentsDepth, childrenDepth] = [fields.whole('parents_depth', 0), fields.whole('children_depth', 0)];
  return {
    kind: 'criterion',
    method,
    value,
    parents: fields.bool('parents') ?? false,
    parentsDepth,
    children: fields.bool('children') ?? false,
    childrenDepth,
    childrensParents: fields.bool('childrens_parents') ?? false,
    indirectSelection: parseIndirect(fields),
    exclude: fields.has('exclude') ? parseExclude(definition, file, path) : [],
    location,
  };
}

function parseIndirect(fields: Fields): IndirectSelection | undefined {
  const value = fields.text('indirect_selection');
  if (value === undefined) return undefined;
  const mode = indirectSelections.find((one) => one === value);
  return mode ?? fields.fail('indirect_selection', `one of ${indirectSelections.join(', ')}`, value);
}

const indirectSelections: readonly IndirectSelection[] = ['eager', 'cautious', 'buildable', 'empty'];

/** Names are unique, at most one is the default, and a selector inherits only from those before it. */
function checkTogether(selectors: readonly Selector[], file: YamlFile): void {
  const names = new Set<string>();
  let hasDefault = false;
  selectors.forEach((selector, i) => {
    if (names.has(selector.name)) {
      throw projectErrors['duplicate-selector'](
        { name: selector.name },
        { location: file.locate(['selectors', i, 'name']) },
      );
    }
    if (selector.isDefault && hasDefault) {
      failAt(file, ['selectors', i, 'default'], 'true for one selector only', true);
    }
    hasDefault ||= selector.isDefault;
    checkInherited(selector.definition, names);
    names.add(selector.name);
  });
}

function checkInherited(definition: SelectorDefinition, names: ReadonlySet<string>): void {
  switch (definition.kind) {
    case 'inherit':
      if (names.has(definition.name)) return;
      throw projectErrors['bad-value'](
        {
          path: 'value',
          expected: 'the name of a selector further up in the file',
          found: `the text '${definition.name}'`,
        },
        { location: definition.location, hint: didYouMean(definition.name, names) },
      );
    case 'union':
    case 'intersection':
      for (const member of [...definition.members, ...definition.exclude]) checkInherited(member, names);
      return;
    case 'criterion':
      for (const member of definition.exclude) checkInherited(member, names);
      return;
    case 'text':
  }
}

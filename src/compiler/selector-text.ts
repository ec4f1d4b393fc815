/** selectors.yml as the manifest shows it: criteria spelled out, what isn't said left out. */
import { isPlainDict, type Selector } from '../project/index.ts';
import type { Plain } from './manifest.ts';

/** The manifest's entry of a selector. */
export function manifestSelector(selector: Selector, all: readonly Selector[]): Plain {
  const raw = selector.raw;
  const written: Plain = { name: selector.name };
  if (raw['description'] !== undefined) written['description'] = raw['description'];
  if (raw['default'] !== undefined) written['default'] = raw['default'];
  written['definition'] = definitionOf(raw['definition'], all, 0);
  return written;
}

/** @param depth how many selectors have been followed: none leads to itself for longer than there are selectors. */
function definitionOf(definition: unknown, all: readonly Selector[], depth: number): unknown {
  const each = (value: unknown): unknown => definitionOf(value, all, depth);
  if (typeof definition === 'string') return criterionOf(definition);
  if (Array.isArray(definition)) return definition.map(each);
  if (!isPlainDict(definition)) return definition;
  if (definition['method'] === 'selector' && depth <= all.length) {
    const inherited = all.find((selector) => selector.name === definition['value']);
    if (inherited) return definitionOf(inherited.raw['definition'], all, depth + 1);
  }
  const entries = Object.entries(definition);
  const [only] = entries;
  if (entries.length === 1 && only && !lists.has(only[0]) && !Array.isArray(only[1])) {
    return { method: only[0], value: only[1] };
  }
  // Beside a method, `exclude` is shown as it is written.
  const isCriterion = 'method' in definition;
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      !isCriterion && lists.has(key) && Array.isArray(value) ? value.map(each) : value,
    ]),
  );
}

const lists = new Set(['union', 'intersection', 'exclude']);

/** A criterion of the command line's form, such as `+tag:nightly` or `2+orders`. */
function criterionOf(text: string): Plain {
  const match =
    /^(?<at>@)?(?<parents>(?<up>\d*)\+)?(?:(?<method>[\w.]+):)?(?<value>.*?)(?<children>\+(?<down>\d*))?$/.exec(
      text,
    );
  const groups = match?.groups ?? {};
  const value = groups['value'] ?? text;
  const criterion: Plain = {};
  if (groups['at'] !== undefined) criterion['childrens_parents'] = true;
  if (groups['parents'] !== undefined) criterion['parents'] = true;
  if (groups['up']) criterion['parents_depth'] = Number(groups['up']);
  if (groups['children'] !== undefined) criterion['children'] = true;
  if (groups['down']) criterion['children_depth'] = Number(groups['down']);
  criterion['method'] = groups['method'] ?? (/[\\/]|\.(sql|csv|py|yml)$/.test(value) ? 'path' : 'fqn');
  criterion['value'] = value;
  return criterion;
}

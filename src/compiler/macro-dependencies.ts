/** Which macros a macro calls, as far as its text tells: `depends_on.macros` of the manifest. */
import type { MacroEntry, MacroRegistry } from './macro-registry.ts';

/**
 * Unique ids of the macros that `entry` names or dispatches to, in the order of its text. Pure.
 *
 * dbt's rules, oddities included: a dispatch also counts as a call of the name it dispatches; a method
 * such as `text.replace()` counts as a call of a macro `replace` when there is one; a macro depends on
 * itself only where it names itself with its package.
 */
export function macroDependencies(entry: MacroEntry, registry: MacroRegistry): string[] {
  const ids = new Set<string>();
  const add = (name: string): void => {
    const found = name === entry.name || alwaysContext.has(name) ? undefined : named(name, entry, registry);
    if (found) ids.add(found.uniqueId);
  };
  for (const call of entry.definition.facts.calls) {
    if (call.name !== 'adapter.dispatch') {
      if (!call.name.startsWith('adapter.')) add(call.name);
      continue;
    }
    const name = call.literalArgs?.[0] ?? call.literalKwargs?.['macro_name'];
    const namespace = call.literalArgs?.[1] ?? call.literalKwargs?.['macro_namespace'];
    if (typeof name !== 'string') continue;
    add(name);
    const inNamespace = typeof namespace === 'string' ? namespace : undefined;
    const found = registry.dispatch(name, inNamespace, entry.packageName);
    if (found && found !== entry) ids.add(found.uniqueId);
  }
  return [...ids];
}

/** Names that dbt takes for its own functions, also where a project has macros of these names. */
const alwaysContext: ReadonlySet<string> = new Set([
  'ref',
  'source',
  'config',
  'var',
  'env_var',
  'log',
  'return',
]);

function named(name: string, entry: MacroEntry, registry: MacroRegistry): MacroEntry | undefined {
  const dot = name.indexOf('.');
  const packageName = dot === -1 ? entry.packageName : name.slice(0, dot);
  const macroName = name.slice(dot + 1);
  return registry.findIn(packageName, macroName) ?? registry.findAnywhere(macroName);
}

/** Which macros a macro calls, as far as its text tells: `depends_on.macros` of the manifest. */
import type { MacroEntry, MacroRegistry } from './macro-registry.ts';

/** Unique ids of the macros that `entry` names or dispatches to, in the order of its text. Pure. */
export function macroDependencies(entry: MacroEntry, registry: MacroRegistry): string[] {
  const ids = new Set<string>();
  for (const call of entry.definition.facts.calls) {
    const found =
      call.name === 'adapter.dispatch'
        ? dispatched(call.literalArgs, call.literalKwargs, entry, registry)
        : named(call.name, entry, registry);
    if (found && found !== entry) ids.add(found.uniqueId);
  }
  return [...ids];
}

function named(name: string, entry: MacroEntry, registry: MacroRegistry): MacroEntry | undefined {
  const dot = name.indexOf('.');
  if (dot === -1) return registry.find(name, entry.packageName);
  return registry.findIn(name.slice(0, dot), name.slice(dot + 1));
}

function dispatched(
  args: readonly unknown[] | undefined,
  kwargs: Readonly<Record<string, unknown>> | undefined,
  entry: MacroEntry,
  registry: MacroRegistry,
): MacroEntry | undefined {
  const name = args?.[0] ?? kwargs?.['macro_name'];
  const namespace = args?.[1] ?? kwargs?.['macro_namespace'];
  if (typeof name !== 'string') return undefined;
  return registry.dispatch(name, typeof namespace === 'string' ? namespace : undefined, entry.packageName);
}

/** Arguments of generic tests: YAML values, of which texts that are calls or templates are rendered. */
import { Dict, parseTemplate, type Scope, type UndefinedMode, type Value } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import type { Plain } from './manifest.ts';
import { fromPlain } from './plain-values.ts';

/** The name under which a test's code finds its arguments. */
export const testArgumentsName = '_dbt_generic_test_kwargs';

/**
 * The arguments as the test's macro gets them: `ref('x')` becomes a relation, `{{ … }}` its native value.
 * The column's name stays as it is.
 */
export function renderTestArguments(
  kwargs: Plain,
  scope: Scope,
  origin: { file: string; line?: number },
  mode: UndefinedMode,
): Dict {
  const rendered = new Dict();
  for (const [key, value] of Object.entries(kwargs)) {
    rendered.set(
      key,
      key === 'column_name' && typeof value === 'string' ? value : renderValue(value, scope, origin, mode),
    );
  }
  return rendered;
}

function renderValue(
  value: unknown,
  scope: Scope,
  origin: { file: string; line?: number },
  mode: UndefinedMode,
): Value {
  if (Array.isArray(value)) return value.map((item) => renderValue(item, scope, origin, mode));
  if (isPlainDict(value)) {
    return new Dict(
      Object.entries(value).map(([key, item]) => [key, renderValue(item, scope, origin, mode)] as const),
    );
  }
  if (typeof value !== 'string') return fromPlain(value);
  const text = /^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$/.test(value) ? `{{ ${value} }}` : value;
  if (!text.includes('{')) return value;
  return parseTemplate(text, origin).renderNative(scope, { undefined: mode });
}

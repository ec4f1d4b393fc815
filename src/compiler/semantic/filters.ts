/** Conditions and group-bys: `{{ Dimension('order__kind') }} = 'a'`. MetricFlow's Jinja, which is only read here. */
import { isBoathouseError } from '../../base/index.ts';
import { parseTemplate } from '../../jinja/index.ts';
import { granularities } from './choices.ts';
import type { Problems } from './problems.ts';
import type { WhereFilters } from './resources.ts';

const builders: ReadonlySet<string> = new Set(['Dimension', 'TimeDimension', 'Entity', 'Metric']);

/** What a template names, or what is wrong with it. */
export type Named =
  | { readonly kind: 'elements'; readonly elements: readonly { name: string; grain: string | undefined }[] }
  | { readonly kind: 'wrong'; readonly problem: string };

/** The elements that a template of MetricFlow's names. Pure. */
export function elementsOf(text: string): Named {
  const elements: { name: string; grain: string | undefined }[] = [];
  try {
    for (const { name, literalArgs } of parseTemplate(text, { file: '' }).facts.calls) {
      if (name.includes('.')) continue;
      if (!builders.has(name)) {
        const problem = `'${name}' is none of ${[...builders].join(', ')}`;
        return { kind: 'wrong', problem };
      }
      const [path, second] = literalArgs ?? [];
      if (typeof path !== 'string') continue;
      const parts = path.split('__');
      const isBare = parts.length === 1 && path !== 'metric_time';
      if (isBare && name.endsWith('Dimension') && !Array.isArray(second))
        return { kind: 'wrong', problem: `'${path}' needs its entity: '<entity>__${path}'` };
      const isTime = name === 'TimeDimension';
      const last =
        parts.length > 1 && granularities.includes(parts.at(-1) ?? '') ? parts.at(-2) : parts.at(-1);
      elements.push({ name: last ?? path, grain: isTime && typeof second === 'string' ? second : undefined });
    }
  } catch (error) {
    if (!isBoathouseError(error)) throw error;
    return { kind: 'wrong', problem: error.message };
  }
  return { kind: 'elements', elements };
}

/** Notes what is wrong with conditions. @param custom granularities of time spines. */
export function checkFilters(
  id: string,
  filters: WhereFilters | null,
  custom: readonly string[],
  problems: Problems,
): void {
  for (const { where_sql_template: text } of filters?.where_filters ?? []) {
    const named = elementsOf(text);
    if (named.kind === 'wrong') {
      problems.add(id, `the filter "${text}": ${named.problem}`);
      continue;
    }
    for (const { grain } of named.elements) {
      if (grain === undefined || [...granularities, ...custom].includes(grain.toLowerCase())) continue;
      problems.doubt(id, `the filter "${text}" has '${grain}', which is no length of time`);
    }
  }
}

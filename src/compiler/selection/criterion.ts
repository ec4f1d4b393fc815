/** The language of one criterion: `2+tag:nightly+`, `@orders`, `config.materialized:view`. */
import { didYouMean } from '../../base/index.ts';
import { selectionErrors } from './errors.ts';

/** The methods dbt knows. */
export const methodNames = [
  'fqn',
  'tag',
  'group',
  'access',
  'source',
  'path',
  'file',
  'package',
  'config',
  'test_name',
  'test_type',
  'resource_type',
  'state',
  'exposure',
  'metric',
  'result',
  'source_status',
  'version',
  'semantic_model',
  'saved_query',
  'unit_test',
  'selector',
] as const;

/** How a criterion finds resources. */
export type MethodName = (typeof methodNames)[number];

/** What one criterion says. Depths count steps; undefined is all the way. */
export interface Criterion {
  /** As written, for messages. */
  readonly raw: string;
  readonly method: MethodName;
  /** What stands behind dots: `['materialized']` of `config.materialized`. */
  readonly arguments: readonly string[];
  /** A text, except that selectors.yml may give a boolean or a number. */
  readonly value: unknown;
  readonly parents: boolean;
  readonly parentsDepth: number | undefined;
  readonly children: boolean;
  readonly childrenDepth: number | undefined;
  /** `@`: children, and everything those need. */
  readonly childrensParents: boolean;
}

const form = /^(@)?(?:(\d*)(\+))?(?:([\w.]+):)?(.*?)(?:(\+)(\d*))?$/s;

/**
 * The criterion in `raw`.
 *
 * @throws compiler.bad-selector
 */
export function parseCriterion(raw: string): Criterion {
  const match = form.exec(raw);
  if (!match) throw selectionErrors['bad-selector']({ selector: raw, problem: 'it has no known form' });
  const [, at, parentsDepth, parents, method, value = '', children, childrenDepth] = match;
  if (value === '') throw selectionErrors['bad-selector']({ selector: raw, problem: 'it names nothing' });
  return makeCriterion({
    raw,
    method: method ?? defaultMethod(value),
    value,
    parents: parents !== undefined,
    parentsDepth: depthOf(parentsDepth),
    children: children !== undefined,
    childrenDepth: depthOf(childrenDepth),
    childrensParents: at !== undefined,
  });
}

/**
 * A criterion from its parts, its method checked.
 *
 * @throws compiler.bad-selector
 */
export function makeCriterion(
  parts: Omit<Criterion, 'method' | 'arguments'> & { readonly method: string },
): Criterion {
  const [name = '', ...rest] = parts.method.split('.');
  const method = methodNames.find((one) => one === name);
  if (method === undefined) {
    throw selectionErrors['bad-selector'](
      { selector: parts.raw, problem: `there is no method '${name}'` },
      { hint: didYouMean(name, methodNames) ?? `The methods are: ${methodNames.join(', ')}.` },
    );
  }
  if (parts.childrensParents && parts.children) {
    throw selectionErrors['bad-selector']({
      selector: parts.raw,
      problem: 'the prefix @ and the suffix + exclude each other',
    });
  }
  return { ...parts, method, arguments: rest };
}

/** dbt's guess: a slash makes a path, a file's ending a file, anything else is a name. */
function defaultMethod(value: string): MethodName {
  if (value.includes('/') || value.includes('\\')) return 'path';
  return /\.(?:sql|py|csv)$/i.test(value) ? 'file' : 'fqn';
}

function depthOf(digits: string | undefined): number | undefined {
  return digits === undefined || digits === '' ? undefined : Number(digits);
}

/**
 * Which warnings are errors, which are warnings, and which aren't told: `--warn-error-options`.
 *
 * dbt's rules: a name wins over `Deprecations`, which wins over `all`; among equals `silence` wins over `warn`, and
 * `warn` over `error`.
 */
import { parse } from 'yaml';
import { didYouMean } from '../base/index.ts';
import { isDeprecation, warningName, warningNames } from '../runner/index.ts';
import { workflowErrors } from './errors.ts';

/** What a warning is treated as. */
export type Verdict = 'error' | 'warn' | 'silence';

/** Lists of event names; `all` or `*` for every one. */
export interface WarningOptions {
  readonly error: 'all' | readonly string[];
  readonly warn: readonly string[];
  readonly silence: readonly string[];
}

/** The rules of one command. */
export class WarningRules {
  readonly #options: WarningOptions;

  constructor(options: WarningOptions) {
    this.#options = options;
  }

  /** What becomes of the warning with this code of ours, or event name of dbt's. */
  verdict(codeOrName: string): Verdict {
    const { error, warn, silence } = this.#options;
    const name = warningName(codeOrName);
    const names = isDeprecation(name) ? [[name, codeOrName], ['Deprecations']] : [[name, codeOrName]];
    for (const group of names) {
      const isIn = (list: readonly string[]): boolean => group.some((one) => list.includes(one));
      if (isIn(silence)) return 'silence';
      if (isIn(warn)) return 'warn';
      if (error !== 'all' && isIn(error)) return 'error';
    }
    return error === 'all' ? 'error' : 'warn';
  }
}

/**
 * Reads what `--warn-error-options`, `DBT_WARN_ERROR_OPTIONS` or the project's flags say.
 *
 * @param given YAML, or what YAML gave; undefined: nothing was said.
 * @param warnError whether all warnings are errors: `--warn-error`.
 * @throws workflows.bad-warning-options
 */
export function readWarningRules(given: unknown, warnError: boolean): WarningRules {
  const all: WarningOptions = { error: warnError ? 'all' : [], warn: [], silence: [] };
  if (given === undefined || given === null || given === '') return new WarningRules(all);
  const value = typeof given === 'string' ? readYaml(given) : given;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('it has to be a dictionary of `error`, `warn` and `silence`');
  if (warnError) throw refuse('it can’t be given together with --warn-error');
  const known = ['error', 'warn', 'silence', 'include', 'exclude'];
  const entries = new Map(Object.entries(value));
  for (const key of entries.keys()) {
    if (!known.includes(key))
      throw refuse(`'${key}' is none of its keys: error, warn, silence`, didYouMean(key, known));
  }
  const error = entries.get('error') ?? entries.get('include');
  const errors = error === 'all' || error === '*' ? ('all' as const) : namesIn('error', error);
  return new WarningRules({
    error: errors,
    warn: namesIn('warn', entries.get('warn') ?? entries.get('exclude')),
    silence: namesIn('silence', entries.get('silence')),
  });
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    throw refuse('it is not YAML');
  }
}

function namesIn(key: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw refuse(`'${key}' has to be a list of event names`);
  return value.map((name: unknown) => {
    if (typeof name !== 'string') throw refuse(`'${key}' has to be a list of event names`);
    const isOurs = /^[a-z]+\.[a-z-]+$/.test(name);
    if (isOurs || name === 'Deprecations' || warningNames.includes(name)) return name;
    throw refuse(`'${name}' is no warning’s name`, didYouMean(name, [...warningNames, 'Deprecations']));
  });
}

function refuse(problem: string, hint?: string): Error {
  return workflowErrors['bad-warning-options']({ problem }, hint === undefined ? {} : { hint });
}

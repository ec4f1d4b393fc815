/** Deprecations of one run: each kind is told once unless all are asked for, and counted for the summary at the end. */
import { isToldOnce, warningName, warningNumber } from '../runner/index.ts';
import type { RunOptions } from './options.ts';

/** A warning, as far as it is counted. */
export interface Counted {
  readonly code: string;
  /** How many things the warning stands for; it may still grow. One unless given. */
  readonly occurrences?: number;
}

/** What a summary has of each kind: the keys are dbt's. */
export interface DeprecationSummary {
  readonly event_name: string;
  readonly event_code: string;
  readonly occurrences: number;
}

/** Counts the deprecations of one run. */
export class Deprecations {
  readonly #showsAll: boolean;
  readonly #counted = new Map<string, Counted[]>();

  constructor(showsAll: boolean) {
    this.#showsAll = showsAll;
  }

  /** Takes a warning in. @returns whether it is to be told */
  tells(warning: Counted): boolean {
    if (!isToldOnce(warning.code)) return true;
    const before = this.#counted.get(warning.code);
    if (before === undefined) this.#counted.set(warning.code, [warning]);
    else before.push(warning);
    return before === undefined || this.#showsAll;
  }

  /** Of every kind that was met, in the order they were met first. */
  get summaries(): readonly DeprecationSummary[] {
    return [...this.#counted].map(([code, warnings]) => ({
      event_name: warningName(code),
      event_code: warningNumber(code),
      occurrences: warnings.reduce((sum, { occurrences }) => sum + (occurrences ?? 1), 0),
    }));
  }
}

/** What the summary says to people. */
export function summaryText(summaries: readonly DeprecationSummary[], showsAll: boolean): string {
  const kinds = summaries.map(
    ({ event_name: name, occurrences }) => `${name} (${occurrences === 1 ? 'once' : `${occurrences} times`})`,
  );
  const more = showsAll ? '' : '. --show-all-deprecations tells of each';
  return `The project or the command says things in ways that dbt gives up: ${kinds.join(', ')}${more}`;
}

/** Deprecated ways in which a command was asked for. */
export function deprecatedOptions(
  { modelsOption, warnErrorOptions }: RunOptions,
  flags: Readonly<Record<string, unknown>>,
): readonly { readonly code: string; readonly message: string; readonly hint: string }[] {
  const found = [];
  const given = warnErrorOptions ?? flags['warn_error_options'];
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? '');
  if (/\b(?:include|exclude)["']?\s*:/.test(text)) {
    found.push({
      code: 'workflows.include-exclude',
      message: "--warn-error-options says 'include' or 'exclude'",
      hint: "They are called 'error' and 'warn'.",
    });
  }
  if (modelsOption === true) {
    found.push({
      code: 'workflows.models-option',
      message: '--models, --model and -m are older names of --select',
      hint: 'Say --select, or -s.',
    });
  }
  return found;
}

/** What is found wrong with a whole semantic layer: everything at once, as dbt tells it. */
import type { SourceLocation } from '../../base/index.ts';
import type { Parsing } from '../parsing.ts';
import { granularities } from './choices.ts';
import { semanticErrors } from './errors.ts';

/** Problems and doubts, in the order in which they were found. */
export class Problems {
  readonly #parsing: Parsing;
  readonly #found: { readonly problem: string; readonly location: SourceLocation | undefined }[] = [];

  constructor(parsing: Parsing) {
    this.#parsing = parsing;
  }

  /** Notes what makes the semantic layer useless. @param id of the resource that is wrong. */
  add(id: string, problem: string): void {
    this.#found.push({ problem: `${id}: ${problem}`, location: this.#parsing.locate(id) });
  }

  /** Tells of what is probably not meant. */
  doubt(id: string, problem: string): void {
    const location = this.#parsing.locate(id);
    const message = `${id}: ${problem}`;
    this.#parsing.warn({
      code: 'compiler.semantic-layer',
      message,
      ...(location === undefined ? {} : { location }),
    });
  }

  /** Notes what is wrong with the name of something that MetricFlow makes SQL names of. */
  checkName(id: string, name: string): void {
    if (!/^[a-z](?:(?!__)[a-z0-9_])*[a-z0-9]$/.test(name)) {
      this.add(
        id,
        `the name '${name}' has to be lower case letters, digits and single underscores, two at least, from a letter to a letter or digit`,
      );
    }
    if (granularities.includes(name.toLowerCase())) this.add(id, `the name '${name}' is a length of time`);
    if (['metric_time', 'mf_internal_uuid'].includes(name.toLowerCase()))
      this.add(id, `the name '${name}' is MetricFlow's own`);
  }

  /** @throws compiler.bad-semantic-layer with all that was found, at the first. */
  throwAll(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    throw semanticErrors['bad-semantic-layer'](
      { problem: this.#found.map(({ problem }) => problem).join('\n') },
      first.location === undefined ? {} : { location: first.location },
    );
  }
}

/** The items that come more than once. */
export function repeated(items: readonly string[]): string[] {
  return [...new Set(items.filter((item, i) => items.indexOf(item) !== i))];
}

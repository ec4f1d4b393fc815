/** Matching that ends: a pattern like `(a+)+$` may take longer than the universe, and nothing hears Ctrl-C meanwhile. */
import { createContext, Script } from 'node:vm';
import { jinjaErrors } from '../../jinja/index.ts';

/** The longest that one match may take. */
const secondsMax = 5;

/**
 * `regex.exec(text)`, stopped when it takes too long.
 *
 * @throws jinja.limit
 */
export function boundedExec(regex: RegExp, text: string): RegExpExecArray | null {
  // Without a repeated group a match takes polynomial time, and a watch over it would cost more than the match.
  if (!/\)[*+{]/.test(regex.source)) return regex.exec(text);
  script ??= new Script('regex.exec(text)');
  try {
    const context = createContext({ regex, text });
    return script.runInContext(context, { timeout: secondsMax * 1000 }) as RegExpExecArray | null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw jinjaErrors['limit']({ what: 'the number of seconds for a regular expression', max: secondsMax });
  }
}

let script: Script | undefined;

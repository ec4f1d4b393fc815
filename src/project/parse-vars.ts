/** `--vars`: a mapping as YAML or JSON on the command line. */
import { isBoathouseError } from '../base/index.ts';
import { projectErrors } from './errors.ts';
import { parseYaml } from './yaml-file.ts';
import { describeYaml, isPlainDict, type PlainDict } from './yaml-value.ts';

/**
 * The variables in `text`. Empty text has none.
 *
 * @throws project.bad-vars
 */
export function parseVars(text: string): PlainDict {
  try {
    const { value } = parseYaml(text, '--vars');
    if (value === null) return {};
    if (isPlainDict(value)) return value;
    throw projectErrors['bad-vars']({ problem: `it is ${describeYaml(value)}` });
  } catch (error) {
    if (!isBoathouseError(error, 'project.bad-yaml')) throw error;
    throw projectErrors['bad-vars']({ problem: error.message }, { location: error.location, cause: error });
  }
}

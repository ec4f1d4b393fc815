/** How Python prints YAML values: dbt hashes and names generic tests by that text. */
import { Float } from '../jinja/index.ts';
import { isPlainDict, YamlDate } from '../project/index.ts';

/** Python's `str(value)`. */
export function pythonStr(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** Python's `repr(value)`, for what YAML can hold. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return stringRepr(value);
  if (value instanceof Float) return floatText(value.value, true);
  if (value instanceof YamlDate) return value.isoFormat(' ');
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (isPlainDict(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${stringRepr(key)}: ${pythonRepr(item)}`);
    return `{${entries.join(', ')}}`;
  }
  return String(value);
}

function floatText(value: number, isFloat = false): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) {
    return isFloat ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
  }
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = String(value);
  const match = /^(-?\d)(?:\.(\d+))?e([+-])(\d+)$/.exec(text);
  if (match) {
    const fraction = match[2] === undefined ? '' : `.${match[2]}`;
    return `${match[1]}${fraction}e${match[3]}${(match[4] ?? '').padStart(2, '0')}`;
  }
  // JavaScript keeps plain digits down to 1e-6, Python only to 1e-4.
  if (Math.abs(value) < 1e-4) {
    const [digits, exponent] = value.toExponential().split('e');
    return `${digits}e-${String(exponent).slice(1).padStart(2, '0')}`;
  }
  return text;
}

/** Single quotes, unless the text has some and no double ones. Unprintable characters are escaped. */
function stringRepr(text: string): string {
  if (!needsEscapes.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const other = quote === "'" ? '"' : "'";
  const escaped = text.replace(escapedEverywhere, (char) => (char === other ? char : escapedCharacter(char)));
  return quote + escaped + quote;
}

function escapedCharacter(char: string): string {
  switch (char) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    case "'":
    case '"':
    case '\\':
      return `\\${char}`;
    default:
      return `\\x${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
  }
}

const needsEscapes = /['\\\x00-\x1f\x7f-\xa0]/;
const escapedEverywhere = /['"\\\x00-\x1f\x7f-\xa0]/g;

/** The words of a Spark SQL expression. Pure. Source: Spark SQL reference, "Identifiers", "Literals". */
import { writeErrors } from './errors.ts';

/** A word. `text` is its meaning: a name without quotes, a text without escapes. */
export interface SparkToken {
  readonly kind: 'name' | 'quoted-name' | 'text' | 'number' | 'bytes' | 'symbol' | 'end';
  readonly text: string;
}

/** The words of `expression`, an `end` after the last. @throws tables.bad-expression */
export function sparkTokens(expression: string): SparkToken[] {
  const tokens: SparkToken[] = [];
  let rest = expression;
  while (rest !== '') {
    const match = patterns.exec(rest);
    if (match === null) {
      throw writeErrors['bad-expression']({
        expression,
        problem: `nothing is known that begins with ${rest.slice(0, 12)}`,
      });
    }
    const [whole] = match;
    rest = rest.slice(whole.length);
    const { raw, bytes, single, double, back, number, name, symbol } = match.groups ?? {};
    const add = (kind: SparkToken['kind'], text: string): unknown => tokens.push({ kind, text });
    if (raw !== undefined) add('text', raw.slice(1, -1));
    else if (bytes !== undefined) add('bytes', bytes);
    else if (single !== undefined) add('text', unescaped(single, "'"));
    else if (double !== undefined) add('text', unescaped(double, '"'));
    else if (back !== undefined) add('quoted-name', back.replaceAll('``', '`'));
    else if (number !== undefined) add('number', number);
    else if (name !== undefined) add('name', name);
    else if (symbol !== undefined) add('symbol', symbol);
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

const patterns = new RegExp(
  [
    '^(?:\\s+|--[^\\n]*|/\\*[\\s\\S]*?\\*/)',
    '^[rR](?<raw>\'[^\']*\'|"[^"]*")',
    "^[xX]'(?<bytes>[0-9A-Fa-f]*)'",
    "^'(?<single>(?:[^'\\\\]|\\\\[\\s\\S]|'')*)'",
    '^"(?<double>(?:[^"\\\\]|\\\\[\\s\\S]|"")*)"',
    '^`(?<back>(?:[^`]|``)+)`',
    '^(?<number>(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?(?:BD|bd|[LlSsYyFfDd])?(?![A-Za-z0-9_]))',
    '^(?<name>[A-Za-z_][A-Za-z0-9_]*)',
    '^(?<symbol><=>|<<|>>|<>|<=|>=|!=|==|\\|\\||::|[-+*/%=<>!~&|^(),.\\[\\]:])',
  ].join('|'),
);

/** Backslashes mean what they mean in Spark; `\%` and `\_` are kept for LIKE. */
function unescaped(body: string, quote: string): string {
  return body
    .replaceAll(quote + quote, quote)
    .replace(
      /\\(?:u([0-9A-Fa-f]{4})|([0-3][0-7]{2})|([\s\S]))/g,
      (_, unicode: string | undefined, octal: string | undefined, one: string | undefined) => {
        if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16));
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        if (one === '%' || one === '_') return `\\${one}`;
        return escapes[one ?? ''] ?? one ?? '';
      },
    );
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  '0': '\0',
  Z: '\x1a',
};

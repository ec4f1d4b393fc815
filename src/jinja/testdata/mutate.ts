/** Templates that went a little wrong: what a parser must accept or refuse exactly as Jinja does. */
import { type Random, seededRandom } from '../../base/index.ts';

const pieces = [
  '{{',
  '}}',
  '{%',
  '%}',
  '{#',
  '#}',
  '{%-',
  '-%}',
  '-}}',
  '{{-',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '|',
  ',',
  '.',
  ':',
  '=',
  '==',
  '~',
  '+',
  '-',
  '*',
  '**',
  '//',
  '%',
  '<',
  '"',
  "'",
  ' ',
  '\n',
  '\\',
  'if',
  'else',
  'elif',
  'endif',
  'for',
  'in',
  'endfor',
  'is',
  'not',
  'and',
  'or',
  'set',
  'endset',
  'macro',
  'endmacro',
  'call',
  'endcall',
  'filter',
  'endfilter',
  'do',
  'raw',
  'endraw',
  'with',
  'endwith',
  'none',
  'true',
  'loop',
  'caller',
  'x',
  'x.y',
  '1',
  '2.5',
  '0x',
  '1_',
  'recursive',
  'break',
  'continue',
  '|upper',
  '|nope',
  ' is defined',
  ' is nope',
  'é',
  '€',
  '*a',
  '**k',
  'a=1',
  ';',
  '!',
  '$',
  'block b',
  'endblock',
  'namespace()',
  'import',
  'include',
  'autoescape',
  'print',
  'scoped',
  'as',
  '{{ 1 }}',
  '{% if x %}',
  '{% endif %}',
  '{% else %}',
  '{% endfor %}',
];

/** Python computes constants while it compiles, and a tower of powers would keep it busy for hours. */
const explodes = /\*\*[\s\S]*\*\*|\*\s*\(?[-+]?\s*\d{3,}|\d{3,}\s*\)?\s*\*|\*\*\s*\(?\d{2,}/;

/** `count` mutants of `templates`, always the same for the same arguments. */
export function mutants(templates: readonly string[], count: number, seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    let text = pick(templates, random);
    const changes = 1 + Math.floor(random.fraction() * 3);
    for (let i = 0; i < changes; i += 1) text = change(text, templates, random);
    return explodes.test(text) ? text.replaceAll('*', '') : text;
  });
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random.fraction() * items.length)] as T;
}

function change(text: string, templates: readonly string[], random: Random): string {
  const at = Math.floor(random.fraction() * (text.length + 1));
  const length = 1 + Math.floor(random.fraction() * 6);
  switch (Math.floor(random.fraction() * 7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + length);
    case 2:
      return text.slice(0, at) + pick(pieces, random) + text.slice(at);
    case 3:
      return text.slice(0, at) + pick(pieces, random) + text.slice(at + length);
    case 4:
      return text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
    case 5:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    default: {
      const other = pick(templates, random);
      return text.slice(0, at) + other.slice(Math.floor(random.fraction() * other.length));
    }
  }
}

import { BoathouseError } from '../../base/index.ts';
import { negative, positive } from '../python/arithmetic.ts';
import { ExpressionParser } from '../syntax/expression-parser.ts';
import { tokenize } from '../syntax/lexer.ts';
import type { Expression } from '../syntax/nodes.ts';
import { SourceText } from '../syntax/source-text.ts';
import { TokenStream } from '../syntax/token-stream.ts';
import { Dict } from '../values/dict.ts';
import { toFloat } from '../values/float.ts';
import { Tuple } from '../values/tuple.ts';
import type { Value } from '../values/value.ts';

/** The value of a Python literal, or undefined when `text` is none. */
export function parseLiteral(text: string): Value | undefined {
  // Jinja also spells these in lower case; Python doesn't.
  if (/\b(?:true|false|none)\b/.test(text.replace(/'[^']*'|"[^"]*"/g, ''))) return undefined;
  const clean = text.replace(/^[ \t]+|\s+$/g, '');
  try {
    const stream = new TokenStream(new SourceText('', `{{${clean}}}`, 1, 1), tokenize(`{{${clean}\n}}`));
    stream.expect('variable-begin');
    const expression = new ExpressionParser(stream).parseTuple();
    stream.expect('variable-end');
    stream.expect('end');
    return literalOf(expression);
  } catch (error) {
    if (error instanceof BoathouseError) return undefined;
    throw error;
  }
}

/** The value of an expression made of literals only. */
function literalOf(node: Expression): Value | undefined {
  switch (node.kind) {
    case 'constant':
      return node.isFloat ? toFloat(Number(node.value)) : node.value;
    case 'negative':
    case 'positive': {
      const inner = literalOf(node.operand);
      if (typeof inner !== 'number' && typeof inner !== 'bigint' && typeof inner !== 'object')
        return undefined;
      return inner === null || Array.isArray(inner)
        ? undefined
        : node.kind === 'negative'
          ? negative(inner)
          : positive(inner);
    }
    case 'list':
    case 'tuple': {
      const items: Value[] = [];
      for (const item of node.items) {
        const value = literalOf(item);
        if (value === undefined) return undefined;
        items.push(value);
      }
      return node.kind === 'list' ? items : new Tuple(items);
    }
    case 'dict': {
      const dict = new Dict();
      for (const [key, value] of node.pairs) {
        const [k, v] = [literalOf(key), literalOf(value)];
        if (k === undefined || v === undefined) return undefined;
        dict.set(k, v);
      }
      return dict;
    }
    default:
      return undefined;
  }
}

/** Values that are written out in a script: what a call's arguments are without running anything. */
import type { AnyNode } from 'acorn';

/** What an expression says, where it is written out. */
export type Literal = { readonly value: unknown } | undefined;

/** The value of `node`; undefined where it would have to be computed. @param named what a name stands for. */
export function literalOf(node: AnyNode, named: (name: string) => Literal): Literal {
  switch (node.type) {
    case 'Literal':
      return node.regex === undefined && node.bigint === undefined ? { value: node.value } : undefined;
    case 'TemplateLiteral':
      return node.expressions.length === 0 ? { value: node.quasis[0]?.value.cooked ?? '' } : undefined;
    case 'UnaryExpression': {
      const inner = literalOf(node.argument, named);
      return node.operator === '-' && typeof inner?.value === 'number' ? { value: -inner.value } : undefined;
    }
    case 'ParenthesizedExpression':
      return literalOf(node.expression, named);
    case 'Identifier':
      return node.name === 'undefined' ? { value: undefined } : named(node.name);
    case 'ArrayExpression': {
      const values: unknown[] = [];
      for (const element of node.elements) {
        const item = element === null ? undefined : literalOf(element, named);
        if (item === undefined) return undefined;
        values.push(item.value);
      }
      return { value: values };
    }
    case 'ObjectExpression': {
      const values: Record<string, unknown> = {};
      for (const property of node.properties) {
        if (property.type !== 'Property' || property.kind !== 'init' || property.method) return undefined;
        const key = propertyName(property.key, property.computed);
        const item = literalOf(property.value, named);
        if (key === undefined || item === undefined) return undefined;
        if (item.value !== undefined) values[key] = item.value;
      }
      return { value: values };
    }
    default:
      return undefined;
  }
}

/** The name that a property goes by; undefined where it would have to be computed. */
export function propertyName(key: AnyNode, computed: boolean): string | undefined {
  if (key.type === 'Identifier' && !computed) return key.name;
  if (key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number'))
    return String(key.value);
  return undefined;
}

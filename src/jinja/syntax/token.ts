/** The pieces a template's text is cut into. Operators are a kind of their own, named by their spelling. */

/** What a token is; `bad` is a mistake that its value describes. */
export type TokenKind =
  | 'data'
  | 'variable-begin'
  | 'variable-end'
  | 'block-begin'
  | 'block-end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'end'
  | 'bad'
  | Operator;

/** The operators, by their spelling. */
export type Operator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '//'
  | '%'
  | '**'
  | '~'
  | '['
  | ']'
  | '('
  | ')'
  | '{'
  | '}'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '='
  | '.'
  | ':'
  | '|'
  | ','
  | ';';

/** One piece, with the offsets in the text where it begins and ends. */
export interface Token {
  readonly kind: TokenKind;
  /** The name, the unescaped string, the number's digits, the data, or what is wrong when `bad`. */
  readonly value: string;
  readonly begin: number;
  readonly end: number;
}

/** `token` as an error message names it. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'name':
    case 'integer':
    case 'float':
      return token.value;
    case 'string':
      return `'${token.value}'`;
    default:
      return describeKind(token.kind);
  }
}

/** A kind of token as an error message names it. */
export function describeKind(kind: TokenKind): string {
  return descriptions[kind] ?? kind;
}

const descriptions: Readonly<Partial<Record<TokenKind, string>>> = {
  data: 'template data / text',
  'variable-begin': 'begin of print statement',
  'variable-end': 'end of print statement',
  'block-begin': 'begin of statement block',
  'block-end': 'end of statement block',
  end: 'end of template',
};

/** The syntax tree of a template. `at` is the offset in the text where a node begins. */

/** What a literal holds; whole numbers beyond 2^53 are bigints, `float` marks numbers written as floats. */
export type ConstantValue = null | boolean | number | bigint | string;

/** `name=value` in a call. */
export interface Keyword {
  readonly name: string;
  readonly value: Expression;
  readonly at: number;
}

/** The arguments of a call, filter or test. */
export interface Arguments {
  readonly args: readonly Expression[];
  readonly kwargs: readonly Keyword[];
  readonly star: Expression | undefined;
  readonly starStar: Expression | undefined;
}

/** Arithmetic between two operands. */
export type BinaryOperatorName = '+' | '-' | '*' | '/' | '//' | '%' | '**';
/** Comparisons, which chain. */
export type ComparisonName = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** An expression, tagged by `kind`. */
export type Expression = { readonly at: number } & (
  | { readonly kind: 'constant'; readonly value: ConstantValue; readonly isFloat: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly target: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly target: Expression; readonly index: Expression }
  | {
      readonly kind: 'slice';
      readonly start: Expression | undefined;
      readonly stop: Expression | undefined;
      readonly step: Expression | undefined;
    }
  | { readonly kind: 'call'; readonly target: Expression; readonly arguments: Arguments }
  /** Without a target the filter of a `filter` or `set` block, applied to its text. */
  | {
      readonly kind: 'filter';
      readonly target: Expression | undefined;
      readonly name: string;
      readonly arguments: Arguments;
    }
  | {
      readonly kind: 'test';
      readonly target: Expression;
      readonly name: string;
      readonly arguments: Arguments;
    }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOperatorName;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'comparison';
      readonly left: Expression;
      readonly rest: readonly { readonly op: ComparisonName; readonly right: Expression }[];
    }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    }
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
  /** `ns.attr` as the target of a `set`. */
  | { readonly kind: 'namespace-ref'; readonly name: string; readonly attribute: string }
);

/** The expressions of one kind. */
export type ExpressionOf<K extends Expression['kind']> = Extract<Expression, { readonly kind: K }>;

/** A name, a tuple of targets or, in `set`, `ns.attr`. */
export type Target = ExpressionOf<'name' | 'namespace-ref'> | ExpressionOf<'tuple' | 'list'>;

/** One parameter of a macro or call block. */
export interface ParameterNode {
  readonly name: string;
  readonly type: string | undefined;
  readonly initial: Expression | undefined;
  /** The text of the default as written. */
  readonly initialSource: string | undefined;
  readonly at: number;
}

/** What a block defines. */
export type DefinitionKind = 'macro' | 'test' | 'materialization' | 'snapshot' | 'docs';

/** A macro, or one of dbt's blocks, which are macros under names of their own. */
export interface MacroNode {
  readonly kind: 'macro';
  readonly at: number;
  /** The offset after the closing tag. */
  readonly end: number;
  readonly defines: DefinitionKind;
  readonly name: string;
  readonly macroName: string;
  readonly adapter: string | undefined;
  readonly supportedLanguages: readonly string[] | undefined;
  readonly parameters: readonly ParameterNode[];
  readonly body: readonly Statement[];
  readonly bodyBegin: number;
  readonly bodyEnd: number;
}

/** A call whose block is passed along as `caller`. */
export interface CallBlockNode {
  readonly kind: 'call-block';
  readonly at: number;
  readonly call: ExpressionOf<'call'>;
  readonly parameters: readonly ParameterNode[];
  readonly body: readonly Statement[];
}

/** A loop. */
export interface ForNode {
  readonly kind: 'for';
  readonly at: number;
  readonly target: Target;
  readonly items: Expression;
  readonly test: Expression | undefined;
  readonly isRecursive: boolean;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

/** A choice; `elif` is one more branch. */
export interface IfNode {
  readonly kind: 'if';
  readonly at: number;
  readonly branches: readonly { readonly test: Expression; readonly body: readonly Statement[] }[];
  readonly otherwise: readonly Statement[];
}

/** A named block, rendered in place. */
export interface BlockNode {
  readonly kind: 'block';
  readonly at: number;
  readonly name: string;
  readonly isScoped: boolean;
  readonly isRequired: boolean;
  readonly body: readonly Statement[];
}

/** A statement or a piece of text, tagged by `kind`. */
export type Statement =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'print'; readonly at: number; readonly value: Expression }
  | { readonly kind: 'do'; readonly at: number; readonly value: Expression }
  | { readonly kind: 'set'; readonly at: number; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: 'set-block';
      readonly at: number;
      readonly target: Target;
      readonly filter: ExpressionOf<'filter'> | undefined;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'with';
      readonly at: number;
      readonly targets: readonly Target[];
      readonly values: readonly Expression[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'filter-block';
      readonly at: number;
      readonly filter: ExpressionOf<'filter'>;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'autoescape';
      readonly at: number;
      readonly value: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'break' | 'continue'; readonly at: number }
  /** `extends`, `include`, `import`, `from`: parsed, refused when reached. */
  | {
      readonly kind: 'load';
      readonly at: number;
      readonly tag: string;
      readonly template: Expression;
      readonly names: readonly string[];
    }
  | ForNode
  | IfNode
  | MacroNode
  | CallBlockNode
  | BlockNode;

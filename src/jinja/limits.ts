/** How much a template may use. Generous for real projects, small enough to stop a runaway one. */
export const limits: {
  readonly rangeLength: number;
  readonly callDepth: number;
  readonly outputLength: number;
  readonly listLength: number;
  readonly integerBits: number;
  readonly steps: number;
  readonly nesting: number;
} = {
  /** Numbers in a `range`; Jinja's sandbox has the same. */
  rangeLength: 100_000,
  /** Macros inside macros, recursive loops included. */
  callDepth: 300,
  /** Characters of one rendered text. */
  outputLength: 2 ** 28,
  /** Items of a list built by a template. */
  listLength: 10_000_000,
  /** Bits of a whole number. */
  integerBits: 1_000_000,
  /** Rounds of loops and calls of macros in one render: some seconds' worth. Nothing hears Ctrl-C before they end. */
  steps: 20_000_000,
  /** Expressions inside expressions: `a ~ b ~ c` is two. Python's own stack ends a little above. */
  nesting: 1000,
};

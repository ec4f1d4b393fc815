/**
 * The one error class, and how a layer declares the kinds of error it throws.
 *
 * A code is `layer.kebab-phrase`. It is part of the product: users search for it, so it is never
 * reused for something else. Every audience's view (terminal, SQL client, HTTP, exit code) stands
 * beside the message, so that no server or command maps codes a second time.
 */

/** A place in a user's file. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The file's text, when the thrower has it: lets the terminal draw a code frame of rendered text too. */
  readonly text?: string;
  /** The calls that led here, innermost first: `macro my_macro (macros/m.sql:3)`. */
  readonly stack?: readonly string[];
}

/** What may be given beside an error's details. */
export interface ErrorContext {
  readonly location?: SourceLocation | undefined;
  readonly cause?: unknown;
  /** Replaces the kind's own hint. */
  readonly hint?: string | undefined;
}

/** One kind of error: its message and what each audience makes of it. */
export interface ErrorKind<D> {
  message(details: D): string;
  hint?(details: D): string | undefined;
  /** PostgreSQL's five-character SQLSTATE. XX000 unless given. */
  readonly sqlState?: string;
  /** 500 unless given. */
  readonly httpStatus?: number;
  /** dbt's: 1 something of the user's failed, 2 we couldn't. 2 unless given. */
  readonly exitCode?: number;
  /** Whether the same call may succeed later, unchanged. False unless given. */
  readonly retryable?: boolean;
}

/** Trouble that a user can understand: a stable code, what happened, where, and what to do. */
export class BoathouseError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly location: SourceLocation | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly sqlState: string;
  readonly httpStatus: number;
  readonly exitCode: number;
  readonly retryable: boolean;

  constructor(
    code: string,
    kind: ErrorKind<never>,
    details: Readonly<Record<string, unknown>>,
    context: ErrorContext,
  ) {
    super(kind.message(details as never), context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'BoathouseError';
    this.code = code;
    this.hint = context.hint ?? kind.hint?.(details as never);
    this.location = context.location;
    this.details = details;
    this.sqlState = kind.sqlState ?? 'XX000';
    this.httpStatus = kind.httpStatus ?? 500;
    this.exitCode = kind.exitCode ?? 2;
    this.retryable = kind.retryable ?? false;
  }

  /** The same error at `location`, unless it has a place already. */
  at(location: SourceLocation): BoathouseError {
    return this.location ? this : this.movedTo(location);
  }

  /** The same error in other words. */
  reworded(message: string): BoathouseError {
    const { sqlState, httpStatus, exitCode, retryable, hint, location, cause } = this;
    const kind: ErrorKind<never> = { message: () => message, sqlState, httpStatus, exitCode, retryable };
    return new BoathouseError(this.code, kind, this.details, {
      ...(location === undefined ? {} : { location }),
      cause,
      hint,
    });
  }

  /** The same error at `location`, wherever it was before. */
  movedTo(location: SourceLocation): BoathouseError {
    const kind: ErrorKind<never> = {
      message: () => this.message,
      sqlState: this.sqlState,
      httpStatus: this.httpStatus,
      exitCode: this.exitCode,
      retryable: this.retryable,
    };
    const moved = new BoathouseError(this.code, kind, this.details, {
      location,
      cause: this.cause,
      hint: this.hint,
    });
    if (this.stack !== undefined) moved.stack = this.stack;
    return moved;
  }
}

/** Makes the errors of one layer: `deltaErrors['commit-conflict']({ table, version }, { location })`. */
export type ErrorsOf<K> = {
  readonly [P in keyof K]: K[P] extends ErrorKind<infer D>
    ? (details: D, context?: ErrorContext) => BoathouseError
    : never;
};

/**
 * A layer's errors from its kinds. Declare the kinds in `<layer>/errors.ts`, one object.
 *
 * @param layer the folder's name; the first half of every code.
 */
export function defineErrors<K extends Record<string, ErrorKind<never>>>(
  layer: string,
  kinds: K,
): ErrorsOf<K> {
  const made: Record<string, unknown> = {};
  for (const [phrase, kind] of Object.entries(kinds)) {
    const code = `${layer}.${phrase}`;
    declared.set(code, kind);
    made[phrase] = (details: Readonly<Record<string, unknown>>, context: ErrorContext = {}) =>
      new BoathouseError(code, kind, details, context);
  }
  return made as ErrorsOf<K>;
}

const declared = new Map<string, ErrorKind<never>>();

/** Every code declared by the layers loaded so far: for the generated error reference and its test. */
export function declaredErrors(): ReadonlyMap<string, ErrorKind<never>> {
  return declared;
}

/** Whether `error` is ours, with `code` where that is given. */
export function isBoathouseError(error: unknown, code?: string): error is BoathouseError {
  return error instanceof BoathouseError && (code === undefined || error.code === code);
}

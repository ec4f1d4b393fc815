/** What a model's thread and the run say to each other. Everything in it survives a structured clone. */
import type { Cell } from './cells.ts';

/** A relation as the thread knows it. */
export interface RelationText {
  /** What stands behind FROM. */
  readonly sql: string;
  readonly database: string | null;
  readonly schema: string | null;
  readonly identifier: string | null;
}

/** What a run of a model is given. */
export interface Start {
  readonly kind: 'start';
  /** Absolute. */
  readonly file: string;
  readonly node: string;
  /** By `keyOf` of the call's arguments. */
  readonly relations: Readonly<Record<string, RelationText>>;
  readonly self: RelationText;
  readonly config: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly target: Readonly<Record<string, unknown>>;
  readonly isIncremental: boolean;
  readonly batch: { readonly id: string; readonly start: Date; readonly end: Date } | undefined;
}

/** Rows, column by column. */
export interface Columns {
  readonly names: readonly string[];
  readonly columns: readonly (readonly Cell[])[];
  readonly count: number;
}

/** What the thread asks of the run, each answered once. */
export type Request =
  | { readonly kind: 'query'; readonly sql: string; readonly params: Cell | undefined }
  | { readonly kind: 'run'; readonly sql: string; readonly params: Cell | undefined }
  | { readonly kind: 'columns'; readonly sql: string }
  | { readonly kind: 'arrow'; readonly sql: string; readonly params: Cell | undefined }
  | {
      readonly kind: 'open';
      readonly stream: number;
      readonly sql: string;
      readonly params: Cell | undefined;
    }
  | { readonly kind: 'next'; readonly stream: number }
  | { readonly kind: 'close'; readonly stream: number }
  | { readonly kind: 'rows'; readonly rows: Columns }
  | { readonly kind: 'arrow-rows'; readonly bytes: Uint8Array };

/** Trouble as it crosses from one thread to the other. */
export interface Trouble {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  /** A value that can't be stored. */
  readonly cell?: { readonly row: number; readonly column: string; readonly value: string };
}

/** From the thread. */
export type FromThread =
  | { readonly kind: 'request'; readonly id: number; readonly request: Request }
  | { readonly kind: 'done'; readonly sql: string | undefined }
  | { readonly kind: 'failed'; readonly trouble: Trouble };

/** To the thread. */
export type ToThread =
  | Start
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly trouble: Trouble }
  | { readonly kind: 'stop' };

/** What a call of `ref` or `source` is known by. */
export function keyOf(name: 'ref' | 'source', args: readonly (string | number | null)[]): string {
  return JSON.stringify([name, ...args.map((arg) => (arg === null ? null : String(arg)))]);
}

/** What parsing finds in a model that is a program. */
import type { Plain } from '../manifest.ts';

/** A place in a file. Both count from 1. */
export interface CodePlace {
  readonly line: number;
  readonly column: number;
}

/** A call whose arguments were all written out. */
export interface CodeCall {
  readonly name: 'ref' | 'source' | 'config';
  readonly args: readonly unknown[];
  readonly named: Plain;
  readonly place: CodePlace;
}

/** A program, read but not run. */
export interface CodeFacts {
  /** In the order in which dbt takes them. */
  readonly calls: readonly CodeCall[];
  /** False for a file that models import. */
  readonly isModel: boolean;
}

/** Something in a program that makes it no model. */
export type CodeProblem =
  | { readonly kind: 'syntax'; readonly problem: string; readonly place: CodePlace }
  | { readonly kind: 'not-literal'; readonly call: string; readonly place: CodePlace }
  | { readonly kind: 'no-default-export' }
  | {
      readonly kind: 'function';
      readonly problem: string;
      readonly hint?: string;
      readonly place: CodePlace;
    };

/** Carries a problem to where the file's name is known. Never leaves this folder. */
export class CodeTrouble extends Error {
  readonly problem: CodeProblem;

  constructor(problem: CodeProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/** The place of `offset` in `text`. */
export function placeAt(text: string, offset: number): CodePlace {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

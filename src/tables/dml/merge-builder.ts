/** A MERGE written as a chain of calls, in the words of Delta's own builders. */
import { assertGiven } from '../given.ts';
import { mergeCondition, mergeInsert, mergeUpdate } from '../given-options.ts';
import type { MergeResult } from './dml-results.ts';
import type { Assignments, MergeClause, MergeSpec } from './merge-spec.ts';

/** A condition of a clause, as SQL over the aliases. */
export interface When {
  readonly when?: string;
}

/**
 * Collects the clauses of a MERGE, in order, and runs it. Every call gives a new builder, so that a beginning
 * may be shared; nothing happens before `execute`.
 */
export class MergeBuilder {
  readonly #spec: MergeSpec;
  readonly #run: (spec: MergeSpec) => Promise<MergeResult>;

  /** @param run what `execute` does with the finished MERGE. */
  constructor(spec: MergeSpec, run: (spec: MergeSpec) => Promise<MergeResult>) {
    this.#spec = spec;
    this.#run = run;
  }

  /** The MERGE as it stands. */
  get spec(): MergeSpec {
    return this.#spec;
  }

  /** Matched rows take the values of `set`. */
  whenMatchedUpdate(clause: When & { readonly set: Assignments }): MergeBuilder {
    assertGiven(clause, 'whenMatchedUpdate', mergeUpdate);
    return this.#with({ kind: 'matched-update', set: clause.set, ...conditionOf(clause) });
  }

  /** Matched rows take every column from the source. */
  whenMatchedUpdateAll(clause: When = {}): MergeBuilder {
    assertGiven(clause, 'whenMatchedUpdateAll', mergeCondition);
    return this.#with({ kind: 'matched-update', set: 'all', ...conditionOf(clause) });
  }

  /** Matched rows are deleted. */
  whenMatchedDelete(clause: When = {}): MergeBuilder {
    assertGiven(clause, 'whenMatchedDelete', mergeCondition);
    return this.#with({ kind: 'matched-delete', ...conditionOf(clause) });
  }

  /** Rows that only the source has are inserted with `values`; other columns get their defaults. */
  whenNotMatchedInsert(clause: When & { readonly values: Assignments }): MergeBuilder {
    assertGiven(clause, 'whenNotMatchedInsert', mergeInsert);
    return this.#with({ kind: 'not-matched-insert', values: clause.values, ...conditionOf(clause) });
  }

  /** Rows that only the source has are inserted with all their columns. */
  whenNotMatchedInsertAll(clause: When = {}): MergeBuilder {
    assertGiven(clause, 'whenNotMatchedInsertAll', mergeCondition);
    return this.#with({ kind: 'not-matched-insert', values: 'all', ...conditionOf(clause) });
  }

  /** Rows that only the table has take the values of `set`. */
  whenNotMatchedBySourceUpdate(
    clause: When & { readonly set: Readonly<Record<string, string>> },
  ): MergeBuilder {
    assertGiven(clause, 'whenNotMatchedBySourceUpdate', mergeUpdate);
    return this.#with({ kind: 'not-matched-by-source-update', set: clause.set, ...conditionOf(clause) });
  }

  /** Rows that only the table has are deleted. */
  whenNotMatchedBySourceDelete(clause: When = {}): MergeBuilder {
    assertGiven(clause, 'whenNotMatchedBySourceDelete', mergeCondition);
    return this.#with({ kind: 'not-matched-by-source-delete', ...conditionOf(clause) });
  }

  /** Columns and struct members that only the source has are added to the table. */
  withSchemaEvolution(): MergeBuilder {
    return new MergeBuilder({ ...this.#spec, schemaEvolution: true }, this.#run);
  }

  /** Runs the MERGE; see `mergeRows`. */
  execute(): Promise<MergeResult> {
    return this.#run(this.#spec);
  }

  #with(clause: MergeClause): MergeBuilder {
    return new MergeBuilder({ ...this.#spec, clauses: [...this.#spec.clauses, clause] }, this.#run);
  }
}

function conditionOf({ when }: When): { readonly condition?: string } {
  return when === undefined ? {} : { condition: when };
}

/** What is done before each statement of a database's sessions. */

/** The session that is about to run a statement, as a hook may use it: before the statement, on its connection. */
export interface HookedSession {
  readonly inTransaction: boolean;
  /** Runs one statement, itself not hooked. @throws the engine's error, as it is */
  run(sql: string): Promise<void>;
  /** Whether an extension is there or can be had. Loads it. */
  loads(extension: string): Promise<boolean>;
}

/** What is run in the place of `sql`: the same text, when there is nothing to do. */
export type StatementHook = (sql: string, session: HookedSession) => Promise<string>;

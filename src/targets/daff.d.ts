/** The parts of the library `daff` that are used here; it brings no types of its own. */
declare module 'daff' {
  /** A table: the first row has the names of the columns. */
  class TableView {
    constructor(rows: readonly (readonly (string | null)[])[]);
  }
  class CompareFlags {
    /** Whether the order of rows matters. */
    ordered: boolean;
  }
  class Alignment {}
  class CompareTable {
    align(): Alignment;
  }
  class TableDiff {
    constructor(alignment: Alignment, flags: CompareFlags);
    /** Writes the difference as a table of its own, marks in its first column. */
    hilite(into: TableView): void;
    hasDifference(): boolean;
  }
  class TerminalDiffRender {
    render(table: TableView): string;
  }
  const daff: {
    readonly TableView: typeof TableView;
    readonly CompareFlags: typeof CompareFlags;
    readonly TableDiff: typeof TableDiff;
    readonly TerminalDiffRender: typeof TerminalDiffRender;
    compareTables(local: TableView, remote: TableView, flags: CompareFlags): CompareTable;
  };
  export default daff;
}

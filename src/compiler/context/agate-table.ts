/** agate's table: what `run_query`, `load_result(…).table` and seeds give to templates. Immutable. */
import {
  Dict,
  HostObject,
  hostFunction,
  isInt,
  jinjaErrors,
  str,
  Tuple,
  type Value,
} from '../../jinja/index.ts';
import { agateMethods } from './agate-methods.ts';
import { printStructure } from './agate-print.ts';
import { AgateColumn, AgateDataType, AgateRow, type AgateType, MappedSequence } from './agate-sequence.ts';
import { optionalText, own } from './arguments.ts';

/** A table of values with typed, named columns. */
export class AgateTable extends HostObject {
  override readonly typeName = 'Table';
  override readonly isSequence = true;
  readonly columnNames: readonly string[];
  readonly columnTypes: readonly AgateType[];
  readonly rows: readonly (readonly Value[])[];
  readonly print: (text: string) => void;
  #rowSequence: MappedSequence | undefined;
  #columnSequence: MappedSequence | undefined;

  constructor(
    columnNames: readonly string[],
    columnTypes: readonly AgateType[],
    rows: readonly (readonly Value[])[],
    print: (text: string) => void,
  ) {
    super();
    this.columnNames = columnNames;
    this.columnTypes = columnTypes;
    this.rows = rows;
    this.print = print;
  }

  /** A table of nothing: what there is while parsing. */
  static empty(): AgateTable {
    return new AgateTable([], [], [], () => undefined);
  }

  /** The rows as templates see them. */
  get rowSequence(): MappedSequence {
    this.#rowSequence ??= new MappedSequence(this.rows.map((row) => new AgateRow(row, this.columnNames)));
    return this.#rowSequence;
  }

  /** The columns as templates see them. */
  get columnSequence(): MappedSequence {
    this.#columnSequence ??= new MappedSequence(
      this.columnNames.map((name, i) => {
        const items = this.rows.map((row) => row[i] ?? null);
        return new AgateColumn(i, name, this.columnTypes[i] ?? 'Text', items);
      }),
      this.columnNames,
    );
    return this.#columnSequence;
  }

  override str(): string {
    return printStructure(this);
  }

  override length(): number {
    return this.rows.length;
  }

  override truthy(): boolean {
    return this.rows.length > 0;
  }

  override iterate(): Iterable<Value> {
    return this.rowSequence.iterate();
  }

  override toJs(): unknown {
    return this.rows.map((row) => new Dict(this.columnNames.map((name, i) => [name, row[i] ?? null])));
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'rows':
        return this.rowSequence;
      case 'columns':
        return this.columnSequence;
      case 'column_names':
        return new Tuple(this.columnNames);
      case 'column_types':
        return new Tuple(this.columnTypes.map((type) => new AgateDataType(type)));
      case 'row_names':
        return null;
      default: {
        const method = own(agateMethods, name);
        return method && hostFunction(name, (args, kwargs, call) => method(this, args, kwargs, call));
      }
    }
  }

  /** The same columns with other rows. */
  withRows(rows: readonly (readonly Value[])[]): AgateTable {
    return new AgateTable(this.columnNames, this.columnTypes, rows, this.print);
  }

  /** The columns of these indices, in this order. */
  pick(indices: readonly number[]): AgateTable {
    return new AgateTable(
      indices.map((i) => this.columnNames[i] ?? ''),
      indices.map((i) => this.columnTypes[i] ?? 'Text'),
      this.rows.map((row) => indices.map((i) => row[i] ?? null)),
      this.print,
    );
  }

  /** Where a column is, by name or index. @throws jinja.key-error */
  indexOf(key: Value): number {
    const index = isInt(key) ? Number(key) : this.columnNames.indexOf(optionalText('column', key) ?? '');
    if (index < 0 || index >= this.columnNames.length) throw jinjaErrors['key-error']({ key: str(key) });
    return index;
  }
}

/** Spark's names of types, in small letters; they are functions that cast, too. */
import { type DataType, type PrimitiveName, primitive } from '../../delta/index.ts';

/** A type without parameters by its name. */
export const sparkTypes: ReadonlyMap<string, DataType> = new Map(
  (
    [
      ['string', 'string'],
      ['varchar', 'string'],
      ['char', 'string'],
      ['bigint', 'long'],
      ['long', 'long'],
      ['int', 'integer'],
      ['integer', 'integer'],
      ['smallint', 'short'],
      ['short', 'short'],
      ['tinyint', 'byte'],
      ['byte', 'byte'],
      ['float', 'float'],
      ['real', 'float'],
      ['double', 'double'],
      ['boolean', 'boolean'],
      ['binary', 'binary'],
      ['date', 'date'],
      ['timestamp', 'timestamp'],
      ['timestamp_ltz', 'timestamp'],
      ['timestamp_ntz', 'timestamp_ntz'],
    ] satisfies [string, PrimitiveName][]
  ).map(([name, type]) => [name, primitive(type)]),
);

"""The Python peers as judges: deltalake, and DuckDB with its delta extension.

One JSON array a line on standard input, `[command, argument, ...]`, and one answer a line on standard output.

    read TABLE VERSION OUT         every row at VERSION (or "latest") by deltalake's query engine, as Parquet into OUT
    arrow TABLE OUT                the same by deltalake's Arrow reader, which supports fewer features
    duckdb TABLE OUT               the same by DuckDB's delta extension
    write TABLE MODE SOURCE JSON   SOURCE's rows into TABLE; JSON holds write_deltalake's options
    delete TABLE PREDICATE         deletes rows
    update TABLE SET PREDICATE     SET is an object of SQL expressions
    merge TABLE SOURCE ON          updates and inserts SOURCE's rows
    optimize TABLE                 compacts
    checkpoint TABLE               writes a checkpoint
    changes TABLE FROM OUT         the change data feed from version FROM
    append-many TABLE MARK COUNT   COUNT appends of one row each, retried while they lose; MARK tells whose they are
    make OUT CASE                  rows of Python's own making into OUT
    info TABLE                     what deltalake makes of the table
"""
import datetime as dt
import decimal
import json
import os
import sys

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder, write_deltalake


def read(table, version, out):
    opened = DeltaTable(table, version=None if version == "latest" else int(version))
    batches = QueryBuilder().register("t", opened).execute("SELECT * FROM t")
    rows = pa.table(batches) if hasattr(batches, "__arrow_c_stream__") else pa.Table.from_batches(batches)
    pq.write_table(rows, out)


def arrow(table, out):
    pq.write_table(DeltaTable(table).to_pyarrow_table(), out)


extension = os.path.join(
    os.path.dirname(duckdb_extension_delta.__file__), f"extensions/v{duckdb.__version__}/delta.duckdb_extension"
)


def duckdb_read(table, out):
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"COPY (SELECT * FROM delta_scan('{table}')) TO '{out}' (FORMAT parquet)")


def delete(table, predicate):
    return DeltaTable(table).delete(predicate)


def update(table, assignments, predicate):
    return DeltaTable(table).update(assignments, predicate=predicate)


def merge(table, source, on):
    merger = DeltaTable(table).merge(pq.read_table(source), on, source_alias="s", target_alias="t")
    return merger.when_matched_update_all().when_not_matched_insert_all().execute()


def optimize(table):
    DeltaTable(table).optimize.compact()


def checkpoint(table):
    DeltaTable(table).create_checkpoint()


def changes(table, start, out):
    batches = DeltaTable(table).load_cdf(starting_version=start)
    pq.write_table(pa.table(batches), out)


def append_many(table, mark, count):
    for i in range(count):
        rows = pa.table({"who": pa.array([mark]), "n": pa.array([i], pa.int64())})
        for attempt in range(200):
            try:
                write_deltalake(table, rows, mode="append")
                break
            except Exception as problem:
                if attempt == 199 or not lost(problem):
                    raise


def lost(problem):
    """Whether somebody else took the version: the only failure that is worth another try."""
    text = f"{type(problem).__name__}: {problem}".lower()
    return "conflict" in text or "already exists" in text or "transaction" in text or "commit" in text


def write(table, mode, source, options):
    write_deltalake(table, pq.read_table(source), mode=mode, **options)


def make(out, case):
    pq.write_table(CASES[case](), out)


def info(table):
    opened = DeltaTable(table)
    metadata = opened.metadata()
    protocol = opened.protocol()
    return {
        "version": opened.version(),
        "schema": json.loads(opened.schema().to_json()),
        "partitionColumns": metadata.partition_columns,
        "readerVersion": protocol.min_reader_version,
        "writerVersion": protocol.min_writer_version,
        "readerFeatures": sorted(protocol.reader_features or []),
        "writerFeatures": sorted(protocol.writer_features or []),
        "history": [entry["operation"] for entry in opened.history()],
        "files": pa.table(opened.get_add_actions(flatten=True)).num_rows,
    }


def primitives():
    utc = dt.timezone.utc
    return pa.table(
        {
            "bool": pa.array([True, None, False]),
            "i8": pa.array([-128, None, 127], pa.int8()),
            "i16": pa.array([-32768, None, 32767], pa.int16()),
            "i32": pa.array([-(2**31), None, 2**31 - 1], pa.int32()),
            "i64": pa.array([-(2**63), None, 2**63 - 1], pa.int64()),
            "f32": pa.array([1.5, None, float("inf")], pa.float32()),
            "f64": pa.array([-0.1, None, float("nan")], pa.float64()),
            "text": pa.array(["", None, "ü \U0001f6f6 'quoted' \\ %"], pa.string()),
            "bytes": pa.array([b"", None, b"\x00\xff"], pa.binary()),
            "day": pa.array([dt.date(1, 1, 1), None, dt.date(9999, 12, 31)], pa.date32()),
            "dec": pa.array([decimal.Decimal("-1.23"), None, decimal.Decimal("99999999.99")], pa.decimal128(10, 2)),
            "big": pa.array([decimal.Decimal(10) ** 37, None, decimal.Decimal(-1)], pa.decimal128(38, 0)),
            "at": pa.array(
                [dt.datetime(1969, 12, 31, 23, 59, 59, 999999, utc), None, dt.datetime(2200, 1, 1, tzinfo=utc)],
                pa.timestamp("us", "UTC"),
            ),
            "wall": pa.array([dt.datetime(2024, 2, 29, 12, 0, 0, 1), None, dt.datetime(1900, 1, 1)], pa.timestamp("us")),
        }
    )


def nested():
    inner = pa.struct([("x", pa.int64()), ("y", pa.list_(pa.string()))])
    return pa.table(
        {
            "id": pa.array([1, 2, 3, 4], pa.int64()),
            "s": pa.array([{"x": 1, "y": ["a", None]}, None, {"x": None, "y": []}, {"x": 4, "y": None}], inner),
            "l": pa.array([[{"x": 1, "y": ["b"]}], [], None, [None]], pa.list_(inner)),
            "m": pa.array([[("k", 1.5)], None, [], [("a", None), ("b", 2.0)]], pa.map_(pa.string(), pa.float64())),
        }
    )


def partitions():
    names = ["a", None, "with space", "sl/ash", "eq=ual", "per%cent", "quo'te", 'dq"', "ü", "a:b", "[x]", "{y}", "#", "*?"]
    return pa.table(
        {
            "id": pa.array(range(len(names)), pa.int64()),
            "name": pa.array(names, pa.string()),
            "day": pa.array([None if i % 5 == 0 else dt.date(2024, 1, 1 + i) for i in range(len(names))], pa.date32()),
            "n": pa.array([None if i % 7 == 0 else -i for i in range(len(names))], pa.int32()),
            "b": pa.array([None if i % 3 == 0 else i % 2 == 0 for i in range(len(names))], pa.bool_()),
            "d": pa.array([None if i % 4 == 0 else decimal.Decimal(i) / 8 for i in range(len(names))], pa.decimal128(9, 3)),
            "at": pa.array(
                [None if i == 3 else dt.datetime(2024, 1, 1, i, 30, 15, 250 * i, dt.timezone.utc) for i in range(len(names))],
                pa.timestamp("us", "UTC"),
            ),
        }
    )


CASES = {"primitives": primitives, "nested": nested, "partitions": partitions}

COMMANDS = {
    "read": read,
    "arrow": arrow,
    "duckdb": duckdb_read,
    "write": write,
    "delete": delete,
    "update": update,
    "merge": merge,
    "optimize": optimize,
    "checkpoint": checkpoint,
    "changes": changes,
    "append-many": append_many,
    "make": make,
    "info": info,
}

if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        try:
            answer = {"ok": COMMANDS[command](*arguments)}
        except BaseException as problem:
            answer = {"error": f"{command}: {type(problem).__name__}: {problem}"[:4000]}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()

"""The deltalake package as a judge: reads a table into Parquet, or writes one from Parquet.

    peer.py read  TABLE VERSION OUT        every row of the table at VERSION (or "latest") into OUT
    peer.py write TABLE MODE SOURCE JSON   SOURCE's rows into TABLE; JSON holds write_deltalake's options
    peer.py make  OUT CASE                 rows of Python's own making into OUT
    peer.py info  TABLE                    what the package makes of the table, as JSON
"""
import datetime as dt
import decimal
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder, write_deltalake


def read(table, version, out):
    opened = DeltaTable(table, version=None if version == "latest" else int(version))
    batches = QueryBuilder().register("t", opened).execute("SELECT * FROM t")
    rows = pa.table(batches) if hasattr(batches, "__arrow_c_stream__") else pa.Table.from_batches(batches)
    pq.write_table(rows, out)


def write(table, mode, source, options):
    write_deltalake(table, pq.read_table(source), mode=mode, **json.loads(options))


def make(out, case):
    pq.write_table(CASES[case](), out)


def info(table):
    opened = DeltaTable(table)
    metadata = opened.metadata()
    protocol = opened.protocol()
    print(
        json.dumps(
            {
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
        )
    )


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

if __name__ == "__main__":
    {"read": read, "write": write, "make": make, "info": info}[sys.argv[1]](*sys.argv[2:])

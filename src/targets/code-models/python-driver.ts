/**
 * The program that the user's own Python runs for a model: it opens DuckDB over the parents' rows, calls
 * `model(dbt, session)` as dbt does, and writes what that returned to another DuckDB file.
 *
 * It stays within what every Python since 3.8 understands. Its report is a JSON file: what the model prints is
 * the model's own.
 */
export const pythonDriver: string = String.raw`
import json, os, sys, threading, traceback

sys.dont_write_bytecode = True
with open(sys.argv[1], encoding="utf-8") as given:
    job = json.load(given)


def report(**facts):
    with open(job["report"] + ".new", "w", encoding="utf-8") as file:
        json.dump(facts, file)
    os.replace(job["report"] + ".new", job["report"])


def leave_with_parent():
    sys.stdin.buffer.read()
    os._exit(130)


threading.Thread(target=leave_with_parent, daemon=True).start()


def failure(error):
    frames = [[f.filename, f.lineno, f.name] for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append([error.filename, error.lineno or 1, "<module>"])
    report(
        kind="failed",
        type=type(error).__name__,
        message=str(error),
        frames=frames,
        traceback="".join(traceback.format_exception(type(error), error, error.__traceback__)),
        missing=getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None,
    )


try:
    import duckdb
except ModuleNotFoundError as error:
    report(kind="lacks", module=error.name or "duckdb")
    os._exit(1)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    return "'" + value.replace("'", "''") + "'"


class Config:
    def __init__(self, values, meta):
        self._values = values
        self._meta = meta

    def __call__(self, *args, **kwargs):
        return None

    def get(self, key, default=None):
        value = self._values.get(key, default)
        return default if value is None else value

    def meta_get(self, key, default=None):
        return self._meta.get(key, default)


class This:
    def __init__(self, facts):
        self.database = facts["database"]
        self.schema = facts["schema"]
        self.identifier = facts["identifier"]
        self._sql = facts["sql"]

    def __repr__(self):
        return self._sql


class Dbt:
    def __init__(self, connection):
        self._connection = connection
        self.config = Config(job["config"], job["meta"])
        self.this = This(job["this"])
        self.is_incremental = job["is_incremental"]

    def _read(self, called, key):
        if key not in job["relations"]:
            raise KeyError(called + " is not written out in the model, so its rows are not here")
        return self._connection.sql("select * from " + job["relations"][key])

    def ref(self, *args, **kwargs):
        version = kwargs.get("v") or kwargs.get("version")
        key = "ref." + ".".join(args) + (".v" + str(version) if version else "")
        return self._read("dbt.ref(" + ", ".join(map(repr, args)) + ")", key)

    def source(self, *args):
        return self._read("dbt.source(" + ", ".join(map(repr, args)) + ")", "source." + ".".join(args))


def rows_of(result):
    """What DuckDB reads by itself stays; the rest becomes Arrow."""
    module = type(result).__module__.split(".")[0]
    if module == "polars" and hasattr(result, "collect"):
        result = result.collect()
    if module == "polars" and hasattr(result, "to_arrow"):
        return result.to_arrow()
    if module == "ibis" and hasattr(result, "to_pyarrow"):
        return result.to_pyarrow()
    if result is None:
        raise TypeError("the model returned None: return a DuckDB relation, a DataFrame or an Arrow table")
    return result


try:
    for path in reversed(job["module_paths"]):
        sys.path.insert(0, path)
    connection = duckdb.connect(job["scratch"])
    for parent in job["attach"]:
        connection.execute("attach " + text(parent["path"]) + " as " + quoted(parent["name"]))
    if job["use"]:
        connection.execute("use " + quoted(job["use"]))
    import importlib.util

    spec = importlib.util.spec_from_file_location(job["name"], job["file"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = rows_of(module.model(Dbt(connection), connection))
    if not isinstance(result, duckdb.DuckDBPyRelation):
        try:
            import pyarrow.dataset
        except ImportError:
            pass
    connection.execute("attach " + text(job["out"]) + " as __boathouse_out")
    connection.register("__boathouse_result", result)
    connection.execute("create table __boathouse_out.main.rows as select * from __boathouse_result")
    count = connection.execute("select count(*) from __boathouse_out.main.rows").fetchone()[0]
    connection.unregister("__boathouse_result")
    connection.execute("detach __boathouse_out")
    connection.close()
    report(kind="done", rows=count)
except BaseException as error:
    failure(error)
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
`;

"""Runs dbt commands, one after another, each in a process of its own that has dbt loaded already.

Reads a line of JSON for each command ({"cwd", "args", "env", "stdout", "stderr"}) and answers with one
({"code"}). Loading dbt costs more than most of these commands; a forked child gets it for nothing, and
is otherwise what a user's `dbt` is: a fresh process.
"""

import gc
import json
import os
import sys

import dbt.adapters.duckdb  # noqa: F401
import dbt.task.build  # noqa: F401
import dbt.task.docs.generate  # noqa: F401
import dbt.task.freshness  # noqa: F401
import dbt.task.retry  # noqa: F401
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import cli


def run(request):
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    for stream, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream)
        os.close(file)
    sys.argv = ["dbt", *request["args"]]
    try:
        cli()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else (0 if end.code is None else 2)
    except BaseException as error:  # what a user's terminal would show as a stack trace
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        code = 2
    sys.stdout.flush()
    sys.stderr.flush()
    # The engine writes its log back when it is closed. Taking the whole interpreter down, as a process that
    # wasn't forked would, aborts in Arrow's threads now and then.
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
        DuckDBConnectionManager._ENV = environment = None
    reset_adapters()
    gc.collect()
    os._exit(code)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run(json.loads(line))
    _, status = os.waitpid(child, 0)
    print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)

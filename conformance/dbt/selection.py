"""Asks dbt which resources selections hold: one JSON list of arguments a line in, one list of ids a line out."""

import json
import os
import sys

from dbt.cli.main import dbtRunner

# What dbt prints must not mix with the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

dbtRunner().invoke(["deps", "--quiet"])
manifest = dbtRunner().invoke(["parse", "--quiet"]).result
runner = dbtRunner(manifest=manifest)
for line in sys.stdin:
    arguments = json.loads(line)
    result = runner.invoke(
        ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", *arguments]
    )
    if result.exception is not None:
        answer = {"error": f"{type(result.exception).__name__}: {result.exception}"}
    else:
        answer = {"ok": sorted(json.loads(one)["unique_id"] for one in result.result or [])}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()

"""Delta Spark as a judge: a JSON object a line on standard input, one on standard output.

    {"run": [SQL, ...]}             runs them; answers the rows of the last one
    {"export": SQL, "to": FOLDER}   its rows as one Parquet file in FOLDER

Delta's jars lie beside this Python's virtual environment, where scripts/peers.mjs put them.
"""
import glob
import json
import os
import sys

from pyspark.sql import SparkSession

scratch = sys.argv[1]
jars = os.environ.get("BOATHOUSE_SPARK_JARS") or os.path.join(sys.prefix, "..", "jars")
answers = os.fdopen(os.dup(1), "w")
# Spark and the JVM print as they like; answers have a channel of their own.
os.dup2(2, 1)

settings = {
    "spark.jars": ",".join(sorted(glob.glob(os.path.join(jars, "*.jar")))),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    # Tables here are tiny: compiling less costs less than running slower, here and in generated code.
    "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Duser.timezone=UTC -Dderby.system.home={scratch}/derby",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.local.dir": f"{scratch}/local",
    "spark.sql.warehouse.dir": f"{scratch}/warehouse",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
builder = SparkSession.builder.master("local[2]").appName("judge")
for key, value in settings.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()


def run(statements):
    rows = []
    for statement in statements:
        try:
            rows = [row.asDict(True) for row in spark.sql(statement).collect()]
        except Exception as problem:
            raise RuntimeError(f"{statement}\n{problem}") from problem
    return rows


def export(sql, folder):
    spark.sql(sql).coalesce(1).write.mode("overwrite").parquet(folder)


for line in sys.stdin:
    request = json.loads(line)
    try:
        if "run" in request:
            answer = {"ok": run(request["run"])}
        else:
            answer = {"ok": export(request["export"], request["to"])}
    except Exception as problem:
        answer = {"error": str(problem)[:4000]}
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()
spark.stop()

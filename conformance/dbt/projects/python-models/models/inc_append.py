def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append", on_schema_change="append_new_columns")
    return dbt.ref("orders").df()[["id", "customer"]]

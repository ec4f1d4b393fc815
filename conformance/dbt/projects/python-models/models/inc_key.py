def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="id")
    orders = dbt.ref("orders")
    if dbt.is_incremental:
        newest = session.sql(f"select max(id) from {dbt.this}").fetchone()[0]
        orders = orders.filter(f"id >= {newest}")
    return orders.project(f"id, amount, '{dbt.this.identifier}' as made, {str(dbt.is_incremental).lower()} as added")

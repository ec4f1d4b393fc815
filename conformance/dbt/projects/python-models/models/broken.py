def model(dbt, session):
    rows = dbt.ref("orders").fetchall()
    raise ValueError(f"no {len(rows)}")
    return rows

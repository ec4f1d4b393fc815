import pandas as pd


def model(dbt, session):
    dbt.config(materialized="table", tags=["frame", "daily"], meta={"owner": "x", "n": [1, 2]})
    orders = dbt.ref("orders").df()
    orders["twice"] = orders["id"] * 2
    orders["label"] = orders["customer"].str.upper()
    orders["kind"] = pd.Categorical(["a", "b", "a", "b", "a"])
    orders["gone"] = None
    return orders

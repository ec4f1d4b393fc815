def model(dbt, session):
    dbt.config(alias="other_name", schema="side")
    return dbt.ref("ex", "frame").limit(2)

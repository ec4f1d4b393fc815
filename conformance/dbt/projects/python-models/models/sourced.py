# depends on the seed by its name alone
def model(dbt, session):
    dbt.ref("people")
    return dbt.source("raw", "people").filter("name is not null")

def model(dbt, session):
    orders = dbt.ref("orders")
    people = dbt.ref("people")
    return session.sql("select p.name, o.* from orders o left join people p using (id) order by id")

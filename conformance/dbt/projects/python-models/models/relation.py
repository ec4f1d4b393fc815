def model(dbt, session):
    orders = dbt.ref("orders")
    return orders.aggregate(
        "customer, sum(id) as ids, sum(amount) as amount, max(day) as day, list(id order by id) as all_ids"
    ).order("customer")

/** The files of a new project: small, complete, and each of them worth keeping. */

/** Path to text, for a project called `name`. Pure. */
export function projectTemplate(name: string): Readonly<Record<string, string>> {
  return {
    'dbt_project.yml': `name: ${name}
version: "1.0.0"
profile: ${name}

model-paths: [models]
seed-paths: [seeds]
test-paths: [tests]
macro-paths: [macros]
clean-targets: [target, logs, dbt_packages]

models:
  ${name}:
    # Every layer has a schema of its own; macros/generate_schema_name.sql keeps its name as it is.
    bronze:
      +schema: bronze
      +materialized: view
    silver:
      +schema: silver
      +materialized: external
    gold:
      +schema: gold
      +materialized: table

seeds:
  ${name}:
    +schema: landing
`,
    'profiles.yml': `${name}:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: ${name}.duckdb # published after every run; open it read-only with any DuckDB
      external_root: lake # where external models keep their Parquet files
      threads: 4
`,
    '.gitignore': `target/
logs/
dbt_packages/
lake/
_boathouse/
*.duckdb
*.duckdb.wal
`,
    'README.md': `# ${name}

\`\`\`
npx boathouse build                                                   # seeds, models and tests, then publish
npx boathouse query "select * from gold.daily_revenue order by day"   # ask the published catalog
npx boathouse ls --select +daily_revenue                              # what it is made of
npx boathouse land new_orders.csv lake/landing/orders --mode append   # land files as a Delta table
\`\`\`

| layer | where | what |
|---|---|---|
| landing | \`seeds/\` | rows as they came |
| bronze | \`models/bronze\` | the same rows, typed; views |
| silver | \`models/silver\` | clean, one row per thing; Parquet files under \`lake/\` |
| gold | \`models/gold\` | answers; tables in \`${name}.duckdb\` |
`,
    'seeds/raw_customers.csv': `customer_id,name,country
1,Ada,GB
2,Grace,US
3,Edsger,NL
4,Barbara,US
`,
    'seeds/raw_orders.csv': `order_id,customer_id,ordered_at,amount_cents,status
1,1,2026-01-01 09:15:00,1250,paid
2,2,2026-01-01 11:40:00,4000,paid
3,1,2026-01-02 08:05:00,990,paid
4,3,2026-01-02 16:20:00,12000,refunded
5,4,2026-01-03 10:00:00,2599,paid
6,2,2026-01-03 10:30:00,800,paid
7,3,2026-01-03 19:45:00,5050,paid
8,1,2026-01-04 12:00:00,300,cancelled
`,
    'macros/generate_schema_name.sql': `{# A layer's schema is called what it is called, without the target's schema in front. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name is not none else target.schema }}
{%- endmacro %}
`,
    'models/bronze/bronze_orders.sql': `select
    order_id,
    customer_id,
    cast(ordered_at as timestamp) as ordered_at,
    cast(amount_cents / 100 as decimal(12, 2)) as amount,
    status
from {{ ref('raw_orders') }}
`,
    'models/silver/orders.sql': `select
    orders.order_id,
    orders.ordered_at,
    cast(orders.ordered_at as date) as day,
    orders.amount,
    orders.status,
    customers.customer_id,
    customers.name as customer,
    customers.country
from {{ ref('bronze_orders') }} as orders
join {{ ref('raw_customers') }} as customers using (customer_id)
`,
    'models/gold/daily_revenue.sql': `select
    day,
    count(*) as orders,
    sum(amount) as revenue
from {{ ref('orders') }}
where status = 'paid'
group by day
`,
    'models/schema.yml': `version: 2

models:
  - name: bronze_orders
    description: Orders as they came, typed.

  - name: orders
    description: One row per order, with the customer who placed it.
    columns:
      - name: order_id
        description: The shop's number of the order.
        data_tests: [unique, not_null]
      - name: status
        data_tests:
          - accepted_values:
              arguments:
                values: [paid, refunded, cancelled]

  - name: daily_revenue
    description: Paid orders by day.
    columns:
      - name: day
        data_tests: [unique, not_null]
`,
    'tests/revenue_is_positive.sql': `-- A test is a query for rows that must not exist.
select *
from {{ ref('daily_revenue') }}
where revenue <= 0
`,
  };
}

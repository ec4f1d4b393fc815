{{ config(
  materialized='snapshot_probe',
  probed_strategy='timestamp', unique_key='id', updated_at='changed_at', hard_deletes='new_record',
  states=[
    "(1, 'x', 'one', timestamp '2024-01-01'), (2, 'x', 'two', timestamp '2024-01-01'), (3, 'x', 'three', timestamp '2024-01-01')",
    "(1, 'x', 'uno', timestamp '2024-01-02'), (2, 'x', 'two', timestamp '2024-01-01'), (4, 'x', 'four', timestamp '2024-01-02')",
    "(1, 'x', 'un', timestamp '2024-01-03'), (3, 'x', 'drei', timestamp '2024-01-03'), (4, 'x', 'four', timestamp '2024-01-02')"
  ]
) }}
select 1 as id, 'x' as part, 'one' as label, timestamp '2024-01-01' as changed_at

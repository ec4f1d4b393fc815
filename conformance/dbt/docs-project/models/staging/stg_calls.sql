select call_id, ship_id, arrived_at, fee from {{ source('files', 'calls') }}

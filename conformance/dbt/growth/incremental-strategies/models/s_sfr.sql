{{ config(unique_key='id') }}select {{ is_incremental() }} as inc, {{ should_full_refresh() }} as fr, {{ var('step',1) }} as id

{{ config(alias='MiXed') }}select 1 as id

{{ config(materialized = {'1': 'view', '2': 'external', '3': 'table', '4': 'external'}[var('step', 1) | string]) }}select {{ var('step', 1) }} as s

{{ config(materialized = {'1': 'external', '2': 'table', '3': 'view', '4': 'table'}[var('step', 1) | string]) }}select {{ var('step', 1) }} as s

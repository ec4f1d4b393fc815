{{ config(materialized='view', tags=['pk_file']) }}
select '{{ var('plain') }}' as plain, '{{ var('shared') }}' as shared, '{{ var('scoped') }}' as scoped, '{{ var('only_pk', 'none') }}' as only_pk, '{{ project_name }}' as project, '{{ model.package_name }}' as package

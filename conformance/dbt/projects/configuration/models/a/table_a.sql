{{ config(tags=['in_file'], meta={'level': 'file', 'file': none}, post_hook="select 1") }}
select '{{ config.get('materialized') }}' as m, '{{ config.get('meta').level }}' as level, '{{ config.get('nothing', 'dflt') }}' as d, '{{ config.require('materialized') }}' as r, '{{ config.meta_get('level') }}' as mg

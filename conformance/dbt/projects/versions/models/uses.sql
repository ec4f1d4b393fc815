select '{{ ref('dim') }}' as latest, '{{ ref('dim', v=1) }}' as v1, '{{ ref('dim', version=3) }}' as v3, '{{ ref('versions', 'dim', v=2) }}' as pk, (select id from {{ ref('dim', v='1') }}) as got

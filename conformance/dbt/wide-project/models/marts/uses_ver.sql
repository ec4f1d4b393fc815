select * from {{ ref('ver') }}, {{ ref('ver', v=1) }}, {{ ref('ver', version=3) }}, {{ ref('tt','ver', v='2') }}

select count(*) as n from {{ ref('d_fail_mid') }}

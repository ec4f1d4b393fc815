select kind from {{ ref('swings') }}

select nope from {{ ref('m') }}

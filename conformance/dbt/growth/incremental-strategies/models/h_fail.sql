{{ config(post_hook="{{ 'select error(1)' if var('step',1)|int == 2 else 'select 1' }}") }}{% set s = var("step", 1) | int %}
select id, k, v, at from {{ ref("src") }}{% if is_incremental() %} where step = {{ s }}{% else %} where step <= {{ s }}{% endif %}

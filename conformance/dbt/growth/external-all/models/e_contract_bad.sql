{{ config(contract={'enforced': true}) }}select null::int as id, 'a' as name

{{ config(contract={'enforced': true}) }}select 'x' as id, 'a' as name

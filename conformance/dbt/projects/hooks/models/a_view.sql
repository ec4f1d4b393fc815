{{ config(pre_hook=["{{ log_it('file pre 1', this.schema) }}", {'sql': "insert into audit.log values ('file pre 2', 'x')", 'transaction': False}], post_hook={'sql': "insert into audit.log select 'rows', count(*) from {{ this }}"}) }}
select 1 as a

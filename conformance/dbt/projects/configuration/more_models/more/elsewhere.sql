select '{{ this.schema }}' as s, '{{ model.fqn | join('/') }}' as fqn

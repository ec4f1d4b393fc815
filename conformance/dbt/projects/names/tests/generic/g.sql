{% test in_folder(model) %}select * from {{ model }} where false{% endtest %}

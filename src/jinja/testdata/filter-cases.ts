/** Filters and tests, one template a line; rendered with `caseContext` here and in Python's Jinja. */
export const filterCases: readonly string[] = String.raw`
{{ -5|abs }} {{ 5.5|abs }} {{ (-2.0)|abs }} {{ true|abs }}
{{ "x"|abs }}
{{ user|attr("name") }}|{{ words|attr("append") is callable }}|{{ user|attr("zip") is undefined }}
{{ [1,2,3,4,5,6,7]|batch(3)|list }}
{{ [1,2,3,4,5,6,7]|batch(3, "-")|list }}
{% for row in words|batch(2, "none") %}{{ row|join("/") }};{% endfor %}
{{ "hello WORLD"|capitalize }} {{ ""|capitalize }} {{ 42|capitalize }}
[{{ "mid"|center(9) }}] [{{ "mid"|center(10) }}] [{{ "mid"|center(2) }}] [{{ "ab"|center(5) }}]
{{ nothing|default("d") }} {{ ""|default("d") }} {{ ""|default("d", true) }} {{ none|default("d") }} {{ none|d("e", boolean=true) }}
{{ missing.deep|default("x") }}
{{ missing|default }}|{{ missing|d(missing2)|d(3) }}
{{ user|dictsort }} {{ {"b":1,"A":2,"a":0}|dictsort(true) }} {{ {"b":1,"A":2}|dictsort(by="value") }} {{ {"b":1,"A":2}|dictsort(reverse=true) }}
{{ {"b":1}|dictsort(by="x") }}
{{ "<a href='x'>&\"</a>"|escape }} {{ "<"|e|e }} {{ "<"|e|forceescape }} {{ 5|e }}
{{ 1|filesizeformat }} {{ 999|filesizeformat }} {{ 1000|filesizeformat }} {{ 1234567|filesizeformat }} {{ 1234567890|filesizeformat(true) }} {{ 300|filesizeformat }}
{{ words|first }} {{ words|last }} {{ []|first }} {{ []|last }} {{ "abc"|first }} {{ "abc"|last }} {{ {"a":1}|first }}
{{ missing|first }}
{{ "a" in none|map("lower") }} {{ none|select|list }} {{ 0|rejectattr("x")|list }} {{ none|map(attribute="x")|list }}
{{ 5|map("lower")|list }}
{{ "3.14"|float }} {{ "x"|float }} {{ "x"|float(1.5) }} {{ 3|float }} {{ "1e3"|float }} {{ true|float }} {{ "inf"|float }} {{ " 7 "|float }}
{{ "%s is %d years and %.2f"|format("Bob", 42, 3.14159) }} {{ "%(a)s-%(b)05d"|format(a="x", b=7) }}
{{ "%s"|format }}
{{ "%s %s"|format("a") }}
{{ people|groupby("age") }}
{% for age, group in people|groupby("age") %}{{ age }}:{{ group|map(attribute="name")|join(",") }};{% endfor %}
{% for g in people|groupby("city", default="?") %}{{ g.grouper }}={{ g.list|length }} {% endfor %}
{% for g in ["a","B","A","b"]|map("upper")|list|groupby(0) %}{{ g[0] }}{{ g[1] }}{% endfor %}
{{ "a\nb\n\nc"|indent }}|{{ "a\nb"|indent(2, true) }}|{{ "a\n\nb"|indent(2, false, true) }}|{{ "a\nb"|indent("> ", first=true) }}
{{ "a\nb\n"|indent(3) }}|
{{ "42"|int }} {{ "x"|int }} {{ "x"|int(7) }} {{ 3.99|int }} {{ -3.99|int }} {{ "0x1F"|int(base=16) }} {{ "101"|int(0, 2) }} {{ "12.7"|int }} {{ none|int }} {{ " 8 "|int }} {{ "1_000"|int }} {{ "0b11"|int(0,2) }} {{ true|int }}
{{ "99999999999999999999"|int }} {{ "1e3"|int }} {{ ""|int }} {{ "-5"|int }} {{ "+5"|int }} {{ "5-"|int }}
{{ missing|int }}
{% for k, v in user|items %}{{ k }}={{ v }};{% endfor %}
{{ missing|items|list }} {{ 5|items|list }}
{{ words|join }} {{ words|join(", ") }} {{ [1,none,true,2.5]|join("|") }} {{ people|join(", ", attribute="name") }} {{ "abc"|join("-") }}
{{ words|length }} {{ "héllo"|length }} {{ user|count }} {{ missing|length }} {{ (1,2)|length }} {{ range(7)|length }}
{{ 5|length }}
{{ "abc"|list }} {{ user|list }} {{ (1,2)|list }} {{ range(3)|list }} {{ missing|list }}
{{ 5|list }}
{{ "ABC"|lower }} {{ "abc"|upper }} {{ 12|upper }} {{ true|lower }} {{ none|upper }}
{{ words|map("upper")|list }} {{ people|map(attribute="name")|list }} {{ people|map(attribute="city", default="?")|list }} {{ ["1","2"]|map("int")|sum }}
{{ words|map("replace", "a", "b")|join(",") }} {{ people|map(attribute="tags.0", default="")|list }}
{{ words|map("nope")|list }}
{{ words|map|list }}
{{ [3,1,2]|max }} {{ [3,1,2]|min }} {{ ["b","A","c"]|min }} {{ ["b","A","c"]|max(case_sensitive=true) }} {{ []|max }} {{ people|max(attribute="age") }}
{{ people|min(attribute="age") }} {{ [1,"a"]|max }}
{{ {"b":[1,2],"a":(1,)}|pprint }} {{ "it's"|pprint }} {{ 5|pprint }}
{{ [1,2,3,4]|reject("odd")|list }} {{ [1,2,3,4]|select("odd")|list }} {{ [0,1,"",none,"a"]|select|list }} {{ [0,1]|reject|list }}
{{ [1,5,9]|select("gt", 4)|list }} {{ [1,5,9]|select(">", 4)|list }} {{ [1,5,9]|reject("in", [1,9])|list }} {{ [1,2,3]|select("divisibleby", 3)|list }}
{{ people|selectattr("age")|map(attribute="name")|list }} {{ people|selectattr("age", "ge", 30)|map(attribute="name")|list }}
{{ people|rejectattr("city", "defined")|map(attribute="name")|list }} {{ people|selectattr("city", "equalto", "Oslo")|list|length }}
{{ people|selectattr("tags.0", "defined")|map(attribute="name")|join(" ") }}
{{ [1]|select("nope")|list }}
{{ "aXbXc"|replace("X", "-") }} {{ "aXbXc"|replace("X", "-", 1) }} {{ "abc"|replace("", "-") }} {{ 123|replace("2", "x") }} {{ "aaa"|replace("a", "b", count=2) }}
{{ "abc"|reverse }} {{ [1,2,3]|reverse|list }} {{ (1,2)|reverse|list }} {{ range(3)|reverse|list }}
{{ 5|reverse }}
{{ 42.55|round }} {{ 42.55|round(1) }} {{ 42.55|round(1, "floor") }} {{ 42.45|round(1, "ceil") }} {{ 42|round }} {{ 2.5|round }} {{ 3.5|round }} {{ -2.5|round }} {{ 1234|round(-2) }} {{ 1250|round(-2) }} {{ 1234.5|round(-2) }}
{{ 2.675|round(2) }} {{ 1.005|round(2) }} {{ 0.5|round|int }} {{ 1e20|round }} {{ 42.55|round(1, "x") }}
{{ "<b>"|safe }} {{ "<b>"|safe|e }} {{ ("<b>"|safe) ~ "<" }} {{ "<"|safe + "<" }}
{{ [1,2,3,4,5,6,7]|slice(3)|list }} {{ [1,2,3,4,5,6,7]|slice(3, "-")|list }} {{ [1]|slice(3)|list }}
{{ [3,1,2]|sort }} {{ [3,1,2]|sort(true) }} {{ ["b","A","c"]|sort }} {{ ["b","A","c"]|sort(case_sensitive=true) }} {{ people|sort(attribute="age")|map(attribute="name")|list }}
{{ people|sort(attribute="age,name", reverse=true)|map(attribute="name")|list }} {{ user|sort }} {{ "cab"|sort }}
{{ [1,"a"]|sort }}
{{ [none, 1]|sort }}
{{ [[2,1],[1,2]]|sort }} {{ [(2,"b"),(2,"a")]|sort }} {{ [true,false]|sort }} {{ [1.5,1,0.5]|sort }}
{{ 5|string + "x" }} {{ [1]|string }} {{ none|string }} {{ true|string ~ 1 }}
{{ "<p>Hi <b>you</b>\n <!-- x --> all &amp; me</p>"|striptags }}
{{ [1,2,3]|sum }} {{ [1.5,2]|sum }} {{ []|sum }} {{ people|sum(attribute="age") }} {{ [1,2]|sum(start=10) }} {{ [[1],[2]]|sum(start=[]) }}
{{ ["a"]|sum }}
{{ "hello world-foo (bar) [baz] o'neil"|title }} {{ "ABC def"|title }} {{ 5|title }}
{{ {"b":1,"a":[1,2.5,none,true,"x<y>&'z"]}|tojson }} {{ "é"|tojson }} {{ [1,2]|tojson(indent=2) }} {{ {}|tojson(2) }} {{ {1:2,"a":1}|length }}
{{ {"k":{"n":[]}}|tojson(indent=1) }} {{ 1.0|tojson }} {{ (1,"a")|tojson }} {{ "\n\t\""|tojson }} {{ none|tojson }}
{{ missing|tojson }}
{{ "  x  "|trim }}| {{ "xxaxx"|trim("x") }} {{ "\n a \t"|trim }}| {{ 5|trim }}
{{ "foo bar baz qux"|truncate(9) }} {{ "foo bar baz qux"|truncate(9, true) }} {{ "foo bar baz qux"|truncate(11) }} {{ "foo bar baz qux"|truncate(11, false, "..", 0) }} {{ "short"|truncate(255) }} {{ "foobarbazqux"|truncate(5, leeway=0) }}
{{ "abc"|truncate(2) }}
{{ ["a","A","b","a"]|unique|list }} {{ ["a","A","b"]|unique(true)|list }} {{ [1,1.0,true,2]|unique|list }} {{ people|unique(attribute="age")|map(attribute="name")|list }}
{{ "a b&c/d?é"|urlencode }} {{ {"a b":1,"c":"x/y"}|urlencode }} {{ [("a",1),("b","é")]|urlencode }} {{ 5|urlencode }}
{{ "see http://example.com/a?b=1&c or www.x.org. mail me@x.com"|urlize }}
{{ "go https://example.com/aaaaaaaaaaaaaaaaaaaa now"|urlize(15, true) }} {{ "http://a.com"|urlize(target="_blank") }}
{{ "one two, three-four"|wordcount }} {{ ""|wordcount }}
{{ "the quick brown fox jumps over"|wordwrap(10) }}
{{ "abcdefghijklmnop qrs"|wordwrap(5) }}|{{ "abcdefghij kl"|wordwrap(5, false) }}|{{ "aa bb\ncc dd"|wordwrap(4, wrapstring="/") }}
{{ {"class":"a b","id":none,"x":"<"}|xmlattr }} {{ {}|xmlattr }}
{{ {"a b":1}|xmlattr }}
{{ 5 is defined }} {{ missing is defined }} {{ missing is undefined }} {{ user.zip is defined }} {{ user.name is defined }}
{{ 4 is divisibleby 2 }} {{ 5 is divisibleby(2) }} {{ 9 is not divisibleby 3 }}
{{ 1 is eq 1 }} {{ 1 is equalto 2 }} {{ 1 is ne 2 }} {{ 1 is sameas 1 }} {{ true is sameas true }} {{ 1 is lt 2 }} {{ 2 is le 2 }} {{ 3 is gt 2 }} {{ 3 is ge 4 }} {{ 3 is greaterthan 2 }} {{ 3 is lessthan 2 }}
{{ "<"|e is escaped }} {{ "x" is escaped }}
{{ 2 is even }} {{ 2 is odd }} {{ 3 is odd }} {{ 0 is even }}
{{ 1 is in [1,2] }} {{ "a" is in "abc" }} {{ 3 is not in [1] }} {{ "a" is in user }}
{{ "abc" is lower }} {{ "ABC" is upper }} {{ "aBc" is lower }} {{ "1" is upper }} {{ "" is lower }}
{{ user is mapping }} {{ words is mapping }} {{ words is sequence }} {{ "x" is sequence }} {{ user is sequence }} {{ 5 is sequence }} {{ range(3) is sequence }} {{ (1,) is sequence }}
{{ words is iterable }} {{ "x" is iterable }} {{ 5 is iterable }} {{ user is iterable }} {{ missing is iterable }}
{{ none is none }} {{ 0 is none }} {{ missing is none }} {{ true is boolean }} {{ 1 is boolean }} {{ true is true }} {{ false is false }} {{ 1 is true }}
{{ 5 is number }} {{ 5.5 is number }} {{ "5" is number }} {{ true is number }} {{ 5 is integer }} {{ 5.0 is integer }} {{ 5.0 is float }} {{ true is integer }} {{ 5 is float }}
{{ "x" is string }} {{ 5 is string }} {{ ("x"|e) is string }} {{ range is callable }} {{ "x" is callable }} {{ words.append is callable }}
{{ "upper" is filter }} {{ "nope" is filter }} {{ "even" is test }} {{ "nope" is test }}
{{ 5 is nope }}
{{ 5|nope }}
{% if false %}{{ 5|nope }}{% endif %}ok
{{ 1 if true else 5|nope }}
{% filter upper %}abc {{ "d" }}{% endfilter %} {% filter replace("a", "b")|upper %}aXa{% endfilter %}
{% filter indent(2) %}a
b{% endfilter %}
{{ words|sort|reverse|first }} {{ words|join(",")|upper|replace(",", ";")|length }} {{ -1|abs }} {{ 3 + -2|abs }} {{ "a"|upper ~ "b"|upper }}
{{ 2.0|round }} {{ 7|float|int }} {{ "1"|int + "2"|int }} {{ [1,2]|sum + 1 }}
{{ "x"|default("y")|upper }} {{ words|default([])|length }} {{ (words|length) * 2 }} {{ words|length * 2 }}
{{ range(10)|select("even")|map("string")|join("+") }} {{ [[1,2],[3]]|map("sum")|list }} {{ [[1,2],[3]]|map("first")|list }} {{ ["b","a"]|map("upper")|sort|list }}
{{ [{"a":{"b":1}},{"a":{"b":2}}]|map(attribute="a.b")|list }} {{ [[1,2],[3,4]]|map(attribute=1)|list }} {{ [[1,2],[3,4]]|map(attribute="0")|list }}
{{ "%5s|%-5s|%05d|%+d|%x|%X|%o|%e|%g|%%|%r|%c" % ("a", "b", 42, 5, 255, 255, 8, 12345.678, 0.0001, "q", "z") }}
{{ "%s" % none }} {{ "%s and %s" % (1, [2]) }} {{ "%d" % 3.7 }} {{ "%.3f" % 2 }} {{ "%5.1f|" % 3.14159 }} {{ "%i" % true }} {{ "%s" % {"a":1} }}
{{ "%d" % "x" }}
{{ "%s %s" % ("a",) }}
{{ "%s" % ("a", "b") }}
{{ "%q" % 1 }}
{{ "%(a)s %(b)d" % {"a": "x", "b": 3} }} {{ "%*d" % (5, 42) }} {{ "%.2s" % "abc" }} {{ "%#x" % 255 }} {{ "% d" % 5 }}
`
  .split('\n')
  .filter((line) => line !== '');

/** Values, operators and methods, one template a line; rendered with `caseContext` here and in Python's Jinja. */
export const valueCases: readonly string[] = String.raw`
{{ 1 }} {{ -1 }} {{ 1.5 }} {{ 1.0 }} {{ 1e3 }} {{ 1e16 }} {{ 1e-5 }} {{ 123456789012345678901234567890 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.5 }}
{{ true }} {{ True }} {{ false }} {{ none }} {{ None }} {{ "x" }} {{ 'y' }} {{ "it's" }} {{ 'say "hi"' }}
{{ [1, "a", none, true, 1.0, [2], (3,), {"k": "v"}] }} {{ () }} {{ (1,) }} {{ (1,2) }} {{ {} }} {{ [] }} {{ ["it's", 'a"b', "both'\""] }}
{{ "a\nb" }} {{ ["a\nb\t\\"] }} {{ "\x41\u0042\103" }} {{ "\s\d" }} {{ ["\s"] }} {{ "é" }} {{ ["é", "\x00", "\x7f"] }}
{{ "a" "b" 'c' }} {{ "a" ~ 1 ~ none ~ true ~ 1.0 ~ [1] }}
{{ 1 + 2 }} {{ 1 - 2 }} {{ 2 * 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }}
{{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 1 + 1.0 }} {{ 0.1 + 0.2 }} {{ 1e308 * 10 }} {{ 3 * 1.0 }} {{ 10 // 3.0 }}
{{ 9007199254740993 }} {{ 9007199254740992 + 1 }} {{ 9007199254740993 * 3 }} {{ 2 ** 64 - 1 }} {{ -(2 ** 70) // 7 }} {{ -(2**70) % 7 }} {{ 2**70 / 2**69 }} {{ 99999999999 * 99999999999 }} {{ 2**53 == 2.0**53 }}
{{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ 2 + 3 * 4 }} {{ (2 + 3) * 4 }} {{ 10 - 2 - 3 }} {{ 100 / 10 / 2 }} {{ -3|abs }} {{ --3 }} {{ +3 }} {{ - 3 + 5 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ "a" * 3 }} {{ 3 * "ab" }} {{ [1] * 2 }} {{ (1,) * 2 }} {{ "a" * 0 }} {{ "a" * -1 }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ "a" + "b" }} {{ true + 1 }} {{ true * "x" }}
{{ "a" + 1 }}
{{ [1] + (2,) }}
{{ 1 + none }}
{{ "a" - "b" }}
{{ {} + {} }}
{{ missing + 1 }}
{{ 1 + missing }}
{{ "x" + missing }}
{{ "x" ~ missing ~ "y" }}
{{ -missing }}
{{ missing < 1 }}
{{ missing == missing2 }} {{ missing == none }} {{ missing != 1 }} {{ missing == "" }}
{{ 1 == 1.0 }} {{ 1 == true }} {{ "1" == 1 }} {{ [1] == [1.0] }} {{ (1,) == [1] }} {{ {"a":1} == {"a":1.0} }} {{ none == false }} {{ "a" == "a" }} {{ 1 != 2 }}
{{ 1 < 2 }} {{ "a" < "b" }} {{ [1,2] < [1,3] }} {{ (1,) < (1,0) }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 >= 2 }} {{ 1 == 1 == 1 }} {{ "Z" < "a" }} {{ 1 <= true }} {{ 1 < 2 == 2 }}
{{ 1 < "a" }}
{{ none < 1 }}
{{ {} < {} }}
{{ 1 in [1,2] }} {{ 1 not in [1,2] }} {{ "a" in "abc" }} {{ "k" in {"k":1} }} {{ 1.0 in [1] }} {{ none in [none] }} {{ "" in "abc" }} {{ 2 in range(3) }} {{ 2 in (1,2) }}
{{ 1 in "abc" }}
{{ 1 in 5 }}
{{ 1 in missing }} {{ not missing }}
{{ not true }} {{ not 0 }} {{ not "" }} {{ not [] }} {{ not none }} {{ not 0.0 }} {{ not {} }} {{ not () }} {{ not "0" }}
{{ 1 and 2 }} {{ 0 and 2 }} {{ 1 or 2 }} {{ 0 or "" }} {{ none or "x" }} {{ [] or {} or "z" }} {{ true and not false }} {{ not 1 == 2 }} {{ 1 and 0 or 3 }}
{{ "a" if true else "b" }} {{ "a" if false else "b" }} {{ "a" if false }} {{ 1 if 0 else 2 if 0 else 3 }} {{ ("a" if true) ~ "b" }}
{{ ("a" if false).x }}
{{ user.name }} {{ user["name"] }} {{ user.zip }} {{ user["zip"] }} {{ user.items() | list }} {{ user.keys()|list }} {{ user.values()|list }} {{ user.get("name") }} {{ user.get("zip", "?") }} {{ user.get("zip") }}
{{ user.name.first }} {{ words.0 }} {{ words[0] }} {{ words[-1] }} {{ words[99] }} {{ "abc"[1] }} {{ "abc"[-1] }} {{ (1,2)[1] }} {{ words["0"] }} {{ user[1] }} {{ "abc".1 }}
{{ missing.x }}
{{ missing["x"] }}
{{ user.zip.code }}
{{ missing() }}
{{ user.zip() }}
{{ 5() }}
{{ none.x }} {{ 5 .x }} {{ (5).real }} {{ 1.5.is_integer() }} {{ (2.0).is_integer() }} {{ (10).bit_length() }}
{{ words[1:] }} {{ words[:2] }} {{ words[::-1] }} {{ words[::2] }} {{ words[-2:] }} {{ "hello"[1:3] }} {{ "hello"[::-1] }} {{ (1,2,3)[1:] }} {{ words[5:] }} {{ words[:] }} {{ words[:-1] }} {{ "hello"[:n] }} {{ "hello"[n:n+2] }}
{{ words[::0] }}
{{ words["a":] }}
{{ 5[1:] }}
{{ {1: "a", 1.0: "b", true: "c"} }} {{ {none: 1, (1,2): 2} }} {{ {"a": 1, "a": 2} }} {{ {1: 2}[1] }} {{ {(1,2): "t"}[1,2] }} {{ {"a": 1,} }} {{ [1,2,] }} {{ (1,2,) }}
{{ {[1]: 2} }}
{{ dict(a=1, b=2) }} {{ dict([("a", 1)]) }} {{ dict({"x": 1}, y=2) }} {{ dict() }}
{{ range(3) }} {{ range(1,4)|list }} {{ range(10,0,-3)|list }} {{ range(0)|list }} {{ range(5)[2] }} {{ range(5)[-1] }} {{ range(3) == range(0,3) }}
{{ range(100001) }}
{{ range(1, 2, 0) }}
{{ "a b c".split() }} {{ "a,b,,c".split(",") }} {{ "a,b,c".split(",", 1) }} {{ "  a  b ".split() }} {{ "a b c".split(none, 1) }} {{ "abc".split("x") }} {{ "a,b,c".rsplit(",", 1) }} {{ "a  b  c".rsplit(none, 1) }} {{ "".split() }} {{ "".split(",") }} {{ "a-b".split(sep="-") }} {{ "a b".split(maxsplit=0) }}
{{ "a".split("") }}
{{ " x ".strip() }}| {{ "xxaxx".strip("x") }} {{ " x ".lstrip() }}| {{ " x ".rstrip() }}| {{ "abcba".strip("ab") }} {{ "a.sql".rstrip(".sql") }}
{{ "abc".upper() }} {{ "ABC".lower() }} {{ "abc def".title() }} {{ "they're bill's".title() }} {{ "abc DEF".capitalize() }} {{ "aBc".swapcase() }} {{ "Straße".casefold() }} {{ "ß".upper() }}
{{ "abc".startswith("a") }} {{ "abc".startswith(("x","a")) }} {{ "abc".endswith("bc") }} {{ "abc".startswith("b", 1) }} {{ "abc".endswith("b", 0, 2) }} {{ "abc".startswith("") }}
{{ "abc".startswith(1) }}
{{ "abcabc".find("c") }} {{ "abcabc".rfind("c") }} {{ "abc".find("x") }} {{ "abcabc".index("c") }} {{ "abcabc".find("a", 1) }} {{ "abcabc".count("b") }} {{ "aaa".count("a") }} {{ "abc".count("") }} {{ "aaaa".count("aa") }} {{ "abc".find("c", -2) }} {{ "abc".find("", 5) }}
{{ "abc".index("x") }}
{{ "aXbX".replace("X", "-") }} {{ "aXbX".replace("X", "-", 1) }} {{ "abc".replace("", ".") }} {{ "abc".replace("", ".", 2) }} {{ "aaa".replace("aa", "b") }}
{{ "abc".replace("a") }}
{{ ",".join(["a","b"]) }} {{ "".join("abc") }} {{ "-".join(("x","y")) }} {{ ",".join(user) }} {{ ",".join([]) }}
{{ ",".join([1,2]) }}
{{ "{} {}".format(1, "a") }} {{ "{0}{1}{0}".format("a","b") }} {{ "{x} {y!r}".format(x=1, y="q") }} {{ "{:>5}|{:<5}|{:^5}|{:*^7}".format("a","b","c","d") }} {{ "{:05d} {:,} {:.2f} {:+} {:x} {:b} {:e} {:%}".format(42, 1234567, 3.14159, 5, 255, 5, 12345.6789, 0.25) }} {{ "{{}}".format() }}
{{ "{:10.3f}|{:<10}|{:>+8.1f}|{:_}|{:#x}|{:c}|{:n}|{:g}".format(3.14159, 42, 2.5, 1000000, 255, 65, 5, 0.00001) }} {{ "{:,.2f}".format(1234567.891) }} {{ "{0[a]} {0[b]} {1[0]}".format({"a":1,"b":2}, ["x"]) }} {{ "{:{w}}|".format("a", w=4) }} {{ "{!s:>4}".format(1) }}
{{ "{}".format() }}
{{ "{x}".format(y=1) }}
{{ "{:d}".format("a") }}
{{ "{".format() }}
{{ "{:s}".format(5) }}
{{ "abc".center(7) }}| {{ "abc".ljust(5, "-") }} {{ "abc".rjust(5) }} {{ "42".zfill(5) }} {{ "-42".zfill(5) }} {{ "abc".center(6, "*") }} {{ "ab".center(5, "*") }}
{{ "abc".ljust(5, "--") }}
{{ "a\tb".expandtabs(4) }} {{ "a\nb\r\nc".splitlines() }} {{ "a\nb\n".splitlines(true) }} {{ "a-b-c".partition("-") }} {{ "a-b-c".rpartition("-") }} {{ "abc".partition("x") }} {{ "abc".rpartition("x") }}
{{ "123".isdigit() }} {{ "12a".isdigit() }} {{ "abc".isalpha() }} {{ "a1".isalnum() }} {{ " ".isspace() }} {{ "ABC".isupper() }} {{ "abc".islower() }} {{ "Ab Cd".istitle() }} {{ "".isdigit() }} {{ "1.5".isdecimal() }} {{ "²".isnumeric() }} {{ "a_1".isidentifier() }} {{ "abc".isascii() }} {{ "a\n".isprintable() }}
{{ "prefix_x".removeprefix("prefix_") }} {{ "x.sql".removesuffix(".sql") }} {{ "abc".removesuffix("") }}
{{ "abc".nope }} {{ "abc".nope is defined }}
{{ "abc".nope() }}
{% set l = [1,2] %}{% do l.append(3) %}{{ l }}{% do l.extend([4,5]) %}{{ l }}{% do l.insert(0, 0) %}{{ l }}{{ l.pop() }}{{ l.pop(0) }}{{ l }}{% do l.remove(2) %}{{ l }}{{ l.index(3) }}{{ l.count(3) }}{% do l.reverse() %}{{ l }}{% do l.sort() %}{{ l }}{{ l.copy() }}{% do l.clear() %}{{ l }}
{% set l = ["b","A","c"] %}{% do l.sort(reverse=true) %}{{ l }} {{ l.append("x") }} {{ l.insert(-1, "y") }}{{ l }}{% do l.insert(100, "z") %}{{ l }} {{ l.pop(-2) }}
{{ [].pop() }}
{{ [1].remove(2) }}
{{ [1].index(5) }}
{{ [1].pop(5) }}
{{ [1, 2].append(1, 2) }}
{% set d = {"a":1} %}{% do d.update({"b":2}) %}{% do d.update(c=3) %}{{ d }}{{ d.pop("a") }}{{ d.pop("zz", "def") }}{{ d.setdefault("e", 5) }}{{ d.setdefault("b", 9) }}{{ d }}{{ d.popitem() }}{{ d.copy() }}{% do d.clear() %}{{ d }}
{{ {"a":1}.pop("b") }}
{{ {"a":1}.keys() }} {{ {"a":1}.values() }} {{ {"a":1}.items() }} {{ "a" in {"a":1}.keys() }} {{ {"a":1}.keys()|length }} {{ {}.fromkeys(["a","b"], 0) }} {{ 1 in {"a":1}.values() }} {{ ("a",1) in {"a":1}.items() }}
{% for k, v in {"a":1,"b":2}.items() %}{{ k }}{{ v }}{% endfor %} {% for k in user %}{{ k }},{% endfor %} {% for c in "héy" %}[{{ c }}]{% endfor %}
{{ (1,2,1).count(1) }} {{ (1,2).index(2) }} {{ (1,2,3)|length }} {{ (1,2) + (3,) }} {{ ((1,2),3) }}
{{ 1.5 + 1.5 }} {{ 3.0 == 3 }} {{ 1e22 }} {{ 1e21 }} {{ 123456789.123456789 }} {{ 0.1 }} {{ 1/3 }} {{ 100.0 }} {{ 1e-4 }} {{ 0.00001234 }} {{ 1.5e300 * 1e10 }} {{ 5e-324 }} {{ 1e15 + 0.5 }} {{ 123456789012345680.0 }}
{{ 2.5 ** 2 }} {{ 9 ** 0.5 }} {{ (-8) ** 2 }} {{ 0 ** 0 }} {{ 7 // 0.5 }} {{ 5 % 3.5 }} {{ -0.0 }} {{ 0.0 * -1 }} {{ 1 // -2 }} {{ -1 // 2.0 }}
{{ [1,2,3] | string }} {{ {"a": [1, {"b": none}]} }} {{ [[], {}, (), ""] }} {{ [1.0, 2.50, 1e100] }} {{ [true, false] }}
{% set l = [1] %}{% do l.append(l) %}{{ l }} {% set d = {} %}{% do d.update(x=d) %}{{ d }}
{{ "😀x"[0] }} {{ "😀x"|length }} {{ "😀x"[::-1] }} {{ ["😀"] }} {{ "日本"[1] }} {{ ["日本"] }}
{{ cycler("a","b").next() }} {% set c = cycler(1,2,3) %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{% do c.reset() %}{{ c.current }}
{% set j = joiner("|") %}{% for w in words %}{{ j() }}{{ w }}{% endfor %} {% set j2 = joiner() %}{{ j2() }}a{{ j2() }}b
{{ namespace(a=1).a }} {{ namespace({"x": 2}).x }} {% set ns = namespace() %}{% set ns.v = 5 %}{{ ns.v }} {{ ns.w is defined }}
{% set user.x = 1 %}
{{ true and "yes" or "no" }} {{ (1 > 2) or (2 > 1) }} {{ not (true and false) }} {{ 1 if words else 2 }} {{ words and words[0] }}
{{ n + 1 }} {{ n * 2.5 }} {{ n / 2 }} {{ n // 2 }} {{ f * 2 }} {{ f + n }} {{ big + 1 }} {{ big * big }} {{ n ** n }} {{ nested.a.b.c }} {{ nested["a"]["b"].c }} {{ nested.a.list[1].x }}
{{ "a" < "B" }} {{ "a"|lower < "B"|lower }} {{ [3,1]|sort == [1,3] }} {{ {"a":1}|length == 1 }} {{ 3 is odd and 2 is even }} {{ not 3 is odd }}
`
  .split('\n')
  .filter((line) => line !== '');

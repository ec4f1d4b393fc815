/** What Python says, and what templates get from us: every expected text was printed by Python's Jinja2. */
import { describe, expect, it } from 'vitest';
import { hostFunction, mapScope, parseTemplate } from '../../jinja/index.ts';
import { dataFunctions } from './data-text.ts';
import { Decimal } from './decimal.ts';
import { globalsOf } from './globals.ts';
import { moduleValues } from './modules.ts';

const state = {} as Parameters<NonNullable<ReturnType<typeof globalsOf>[string]>>[0];
const names = ['local_md5', 'set', 'zip'] as const;
const scope = mapScope(
  new Map([
    ...Object.entries(dataFunctions),
    ...names.map((name) => [name, globalsOf('execute')[name]?.(state) ?? null] as const),
    ['modules', moduleValues()],
    ['D', hostFunction('D', ([text]) => Decimal.parse(String(text)))],
  ]),
);

function evaluate(expression: string): string {
  return parseTemplate(`{{ ${expression} }}`, { file: 'expression.sql' }).renderSync(scope);
}

describe('regular expressions', () => {
  it.each([
    ["modules.re.sub('[0-9]+', '#', 'a12b3')", 'a#b#'],
    ["modules.re.match('(?P<a>x+)(y)?', 'xxz').group('a')", 'xx'],
    ["modules.re.match('(?P<a>x+)(y)?', 'xxz').groups()", "('xx', None)"],
    ["modules.re.match('(?P<a>x+)(y)?', 'xxz').groupdict()", "{'a': 'xx'}"],
    ["modules.re.match('b', 'ab')", 'None'],
    ["modules.re.search('(?i)(?s)B.c', 'ab\\nc').span()", '(1, 4)'],
    ["modules.re.search('b', 'ab')", "<re.Match object; span=(1, 2), match='b'>"],
    ["modules.re.search('(b)(c)?', 'ab').span()", '(1, 2)'],
    ["modules.re.findall('a(b)(c)', 'abcabc')", "[('b', 'c'), ('b', 'c')]"],
    ["modules.re.findall('a.', 'abcacd')", "['ab', 'ac']"],
    ["modules.re.findall('(a).', 'abcacd')", "['a', 'a']"],
    ["modules.re.split(',\\\\s*', 'a, b,c')", "['a', 'b', 'c']"],
    ["modules.re.split('(,)', 'a,b,c')", "['a', ',', 'b', ',', 'c']"],
    ["modules.re.split(',', 'a,b,c', 1)", "['a', 'b,c']"],
    ["modules.re.split(',', 'a,b,c', maxsplit=1)", "['a', 'b,c']"],
    ["modules.re.sub('(?P<n>a)', '\\\\g<n>-\\\\g<1>-\\\\1', 'bab')", 'ba-a-ab'],
    ["modules.re.sub('(?i)ABC', 'x', 'abcABC')", 'xx'],
    ["modules.re.compile('^a', modules.re.I).match('Ab').group(0)", 'A'],
    ["modules.re.compile('a')", "re.compile('a')"],
    ["modules.re.escape('a.b*c d-e_f')", 'a\\.b\\*c\\ d\\-e_f'],
    ["modules.re.subn('a', 'b', 'aaa', 2)", "('bba', 2)"],
    ["modules.re.sub('a*', '-', 'baac')", '-b--c-'],
    ["modules.re.fullmatch('a+', 'aaa') is not none", 'True'],
    ["modules.re.fullmatch('a|ab', 'ab') is not none", 'True'],
    ["modules.re.search('a$', 'a\\n') is not none", 'True'],
    ["modules.re.findall('\\\\w+', 'héllo wörld_1')", "['héllo', 'wörld_1']"],
    ["modules.re.findall('[\\\\w-]+', 'a-b c')", "['a-b', 'c']"],
    ["modules.re.sub('[^a-zA-Z0-9]+', '_', 'Hello, World! 12')", 'Hello_World_12'],
    ["modules.re.search('(?<=a)b', 'ab').start()", '1'],
    ["modules.re.findall('(?m)^x', 'x\\nx')", "['x', 'x']"],
    ["modules.re.findall('(?s)a.b', 'a\\nb')", "['a\\nb']"],
    ["modules.re.match('(a)|b', 'b').group(1)", 'None'],
    ["modules.re.match('a{,2}', 'aaa').group()", 'aa'],
    ["modules.re.findall('[]a]', 'a]b')", "['a', ']']"],
    ["modules.re.findall('\\\\Aab|ab\\\\Z', 'abxab')", "['ab', 'ab']"],
    ["modules.re.sub('\\\\s+', ' ', '  a \\t b ')", ' a b '],
    ['modules.re.IGNORECASE | int', '2'],
  ])('%s', (expression, printed) => {
    expect(evaluate(expression)).toBe(printed);
  });
});

describe('dates and times', () => {
  it.each([
    [
      "modules.datetime.datetime(2024, 2, 29).strftime('%Y/%m/%d %j %U %W %A %a %B %b %p %I %y %w %u %V %G')",
      '2024/02/29 060 08 09 Thursday Thu February Feb AM 12 24 4 4 09 2024',
    ],
    ['modules.datetime.datetime(2024, 2, 29, 13, 5, 6, 789).isoformat()', '2024-02-29T13:05:06.000789'],
    ["modules.datetime.datetime(2024, 2, 29, 13, 5, 6).isoformat(' ')", '2024-02-29 13:05:06'],
    [
      "modules.datetime.datetime(2024, 2, 29, 13, 5, 6, 7000).isoformat(timespec='milliseconds')",
      '2024-02-29T13:05:06.007',
    ],
    ['modules.datetime.date(2024,1,31) + modules.datetime.timedelta(days=1)', '2024-02-01'],
    ['(modules.datetime.date(2024,3,1) - modules.datetime.date(2024,2,1)).days', '29'],
    ['modules.datetime.datetime(2024,3,1) - modules.datetime.datetime(2024,2,1, 5)', '28 days, 19:00:00'],
    ['modules.datetime.timedelta(hours=36, minutes=5)', '1 day, 12:05:00'],
    ['modules.datetime.timedelta(hours=-1)', '-1 day, 23:00:00'],
    ['modules.datetime.timedelta(days=1.5).total_seconds()', '129600.0'],
    ['modules.datetime.timedelta(seconds=1) * 3', '0:00:03'],
    ['modules.datetime.timedelta(days=1) / modules.datetime.timedelta(hours=1)', '24.0'],
    ['modules.datetime.timedelta(days=3) // 2', '1 day, 12:00:00'],
    ['[modules.datetime.timedelta(days=1, microseconds=5)]', '[datetime.timedelta(days=1, microseconds=5)]'],
    ["modules.datetime.datetime.strptime('2024-05-06 07:08:09', '%Y-%m-%d %H:%M:%S')", '2024-05-06 07:08:09'],
    ["modules.datetime.datetime.strptime('20240506', '%Y%m%d').date()", '2024-05-06'],
    ["modules.datetime.datetime.strptime('6 May 24 3 PM', '%d %b %y %I %p')", '2024-05-06 15:00:00'],
    [
      "modules.datetime.datetime.strptime('2024-05-06T07:08:09.5+0200', '%Y-%m-%dT%H:%M:%S.%f%z')",
      '2024-05-06 07:08:09.500000+02:00',
    ],
    ["modules.datetime.datetime.fromisoformat('2024-05-06T07:08:09+02:00')", '2024-05-06 07:08:09+02:00'],
    ["modules.datetime.datetime.fromisoformat('2024-05-06')", '2024-05-06 00:00:00'],
    ["modules.datetime.datetime.fromisoformat('2024-05-06 07:08:09.123456').microsecond", '123456'],
    ["modules.datetime.date.fromisoformat('2024-05-06').weekday()", '0'],
    ['modules.datetime.date(2024,5,6).isocalendar()[1]', '19'],
    ['modules.datetime.date(2024,5,6).replace(day=1)', '2024-05-01'],
    [
      'modules.datetime.datetime(2024,5,6,1).replace(hour=0, tzinfo=modules.pytz.utc)',
      '2024-05-06 00:00:00+00:00',
    ],
    ['modules.datetime.datetime(2024,5,6) < modules.datetime.datetime(2024,5,7)', 'True'],
    ['modules.datetime.datetime(2024,5,6) == modules.datetime.datetime(2024,5,6)', 'True'],
    ['modules.datetime.datetime(2024,5,6).timestamp() is number', 'True'],
    ['modules.datetime.datetime.utcfromtimestamp(86400)', '1970-01-02 00:00:00'],
    ['modules.datetime.datetime.fromtimestamp(0, modules.pytz.utc)', '1970-01-01 00:00:00+00:00'],
    [
      '[modules.datetime.date(2024,1,2), modules.datetime.datetime(2024,1,2,3,4), modules.datetime.time(1,2)]',
      '[datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4), datetime.time(1, 2)]',
    ],
    [
      "modules.datetime.datetime(2024,7,1,tzinfo=modules.pytz.utc).astimezone(modules.pytz.timezone('Europe/Paris'))",
      '2024-07-01 02:00:00+02:00',
    ],
    [
      "modules.pytz.timezone('America/New_York').localize(modules.datetime.datetime(2024,1,1)).isoformat()",
      '2024-01-01T00:00:00-05:00',
    ],
    [
      "modules.pytz.timezone('America/New_York').localize(modules.datetime.datetime(2024,7,1)).strftime('%z')",
      '-0400',
    ],
    ["modules.pytz.timezone('Europe/Paris')", 'Europe/Paris'],
    ['modules.pytz.utc', 'UTC'],
    [
      'modules.datetime.datetime.combine(modules.datetime.date(2024,1,1), modules.datetime.time(5))',
      '2024-01-01 05:00:00',
    ],
    ['modules.datetime.date(2024,1,1).toordinal()', '738886'],
    ["modules.datetime.date(2024,1,1).strftime('%s') | length > 3", 'True'],
    ['modules.datetime.datetime(2024,1,1).date() == modules.datetime.date(2024,1,1)', 'True'],
    ["modules.itertools.product([1,2],['a','b']) | list", "[(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]"],
    ["modules.datetime.datetime(2024,1,1) ~ ''", '2024-01-01 00:00:00'],
    ['modules.datetime.date(2024,1,1) in [modules.datetime.date(2024,1,1)]', 'True'],
    ['[modules.datetime.date(2024,1,2), modules.datetime.date(2024,1,1)] | min', '2024-01-01'],
    [
      "modules.datetime.datetime(2024,12,30).strftime('%-d/%-m %e|%%|%f|%Z|%z|%H:%M:%S|%c|%x|%X|%D|%F|%T')",
      '30/12 30|%|000000|||00:00:00|Mon Dec 30 00:00:00 2024|12/30/24|00:00:00|12/30/24|2024-12-30|00:00:00',
    ],
  ])('%s', (expression, printed) => {
    expect(evaluate(expression)).toBe(printed);
  });
});

describe('decimals', () => {
  it.each([
    ["D('1.50') + D('2')", '3.50'],
    ["D('1') / D('3')", '0.3333333333333333333333333333'],
    ["D('10') / D('4')", '2.5'],
    ["D('2') * D('1.5')", '3.0'],
    ["D('7') // D('2')", '3'],
    ["D('-7') % D('3')", '-1'],
    ["[D('1.5')]", "[Decimal('1.5')]"],
    ["D('1E+3')", '1E+3'],
    ["D('0.0000001')", '1E-7'],
    ["D('1.5') == 1.5", 'True'],
    ["D('2') == 2", 'True'],
    ["D('1.5') > 1", 'True'],
    ["D('1.5') | float", '1.5'],
    ["D('1.9') | int", '1'],
    ["[D('1'), D('2.5')] | sum", '3.5'],
    ["[D('1'), D('2.5')] | max", '2.5'],
    ["D('100') | string", '100'],
    ["'%s' % D('1.10')", '1.10'],
    ["-D('1.5')", '-1.5'],
    ["D('1.5') * 2", '3.0'],
    ["2 * D('1.5')", '3.0'],
    ["1 + D('1')", '2'],
    ["D('2') ** 3", '8'],
    ["D('1.50').normalize()", '1.5'],
    ["D('2.675').quantize(D('0.01'))", '2.68'],
    ["D('0') or 'zero'", 'zero'],
    ["D('1234567.891') | string", '1234567.891'],
    ["{D('1'): 'a'}[1]", 'a'],
    ["D('1.5') is number", 'True'],
    ["D('3') in [1,2,3]", 'True'],
    ["[D('3'), D('1')] | sort", "[Decimal('1'), Decimal('3')]"],
  ])('%s', (expression, printed) => {
    expect(evaluate(expression)).toBe(printed);
  });
});

describe('data as text', () => {
  it.each([
    ["tojson({'a': [1, none, true, 1.5, 'é\"']})", '{"a": [1, null, true, 1.5, "\\u00e9\\""]}'],
    ["tojson({'b':1,'a':2}, sort_keys=true)", '{"a": 2, "b": 1}'],
    ['fromjson(\'{"a": [1, 1.0, null]}\')', "{'a': [1, 1.0, None]}"],
    ["toyaml({'a': [1, {'b': none}], 'c': 'x y', 'd': true})", 'a:\n- 1\n- b: null\nc: x y\nd: true\n'],
    ["local_md5('x')", '9dd4e461268c8034f5c8564e155c67a6'],
    ['set([1,2,2]) | list', '[1, 2]'],
    ['zip([1,2],[3,4]) | list', '[(1, 3), (2, 4)]'],
    ['zip(1) is none', 'True'],
    [
      "fromyaml('a: [1, {b: 2}]\\nc: 2024-01-01\\nd: yes')",
      "{'a': [1, {'b': 2}], 'c': datetime.date(2024, 1, 1), 'd': True}",
    ],
  ])('%s', (expression, printed) => {
    expect(evaluate(expression)).toBe(printed);
  });
});

describe('iterators', () => {
  it.each([
    ["modules.itertools.product([1,2],['a','b']) | list", "[(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]"],
    ['modules.itertools.combinations([1,2,3], 2) | list', '[(1, 2), (1, 3), (2, 3)]'],
    ['modules.itertools.permutations([1,2,3], 2) | list', '[(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]'],
    ['modules.itertools.chain([1],[2,3]) | list', '[1, 2, 3]'],
    ['modules.itertools.chain.from_iterable([[1],[2]]) | list', '[1, 2]'],
    ['modules.itertools.accumulate([1,2,3]) | list', '[1, 3, 6]'],
    ['modules.itertools.islice([1,2,3,4], 1, 3) | list', '[2, 3]'],
    ['modules.itertools.zip_longest([1,2],[3], fillvalue=0) | list', '[(1, 3), (2, 0)]'],
    ["modules.itertools.repeat('a', 3) | list", "['a', 'a', 'a']"],
    ["modules.itertools.compress('abc', [1,0,1]) | list", "['a', 'c']"],
    [
      "modules.itertools.combinations_with_replacement('ab', 2) | list",
      "[('a', 'a'), ('a', 'b'), ('b', 'b')]",
    ],
    ['modules.itertools.product([1,2], repeat=2) | list', '[(1, 1), (1, 2), (2, 1), (2, 2)]'],
    ['modules.itertools.pairwise([1,2,3]) | list', '[(1, 2), (2, 3)]'],
    ['modules.itertools.groupby([1,1,2]) | list', '[(1, [1, 1]), (2, [2])]'],
  ])('%s', (expression, printed) => {
    expect(evaluate(expression)).toBe(printed);
  });
});

describe('what has no end', () => {
  it.each(['modules.itertools.count()', 'modules.itertools.cycle([1])', "modules.itertools.repeat('a')"])(
    '%s is refused',
    (expression) => {
      expect(() => evaluate(expression)).toThrow(/no end/);
    },
  );
});

describe('mistakes', () => {
  it.each([
    ["modules.re.sub('(', '', 'x')", /no regular expression/],
    ["modules.re.match('a', 'a').group(3)", /no group 3/],
    ['modules.datetime.date(2024, 2, 30)', /day is out of range/],
    ["modules.datetime.datetime.strptime('x', '%Y')", /does not match format/],
    ["modules.pytz.timezone('Europe/Nowhere')", /no time zone/],
    ["D('1') / D('0')", /division by zero/],
    ["D('x')", /no decimal number/],
  ])('%s', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message);
  });
});

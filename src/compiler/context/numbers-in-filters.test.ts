import { describe, expect, it } from 'vitest';
import { mapScope, parseTemplate } from '../../jinja/index.ts';
import { PyDate } from './date-time.ts';
import { Decimal } from './decimal.ts';

const scope = mapScope({
  d: Decimal.parse('-3.14159'),
  half: Decimal.parse('2.5'),
  day: new PyDate(2024, 2, 29),
});

describe('a decimal, as aggregates come from a query', () => {
  it.each([
    ['is rounded as a decimal', '{{ d | round(2) }}', '-3.14'],
    ['is rounded half to even', '{{ half | round }}', '2'],
    ['is rounded up', "{{ d | round(1, 'ceil') }}", '-3.1'],
    ['loses its sign', '{{ d | abs }}', '3.14159'],
    ['fits %f', "{{ '%.2f' % d }}", '-3.14'],
    ['fits %d', "{{ '%d' % d }}", '-3'],
    ['fits format', "{{ '{:08.3f}'.format(d) }}", '-003.142'],
    ['fits the format filter', "{{ '%05.1f' | format(half) }}", '002.5'],
  ])('%s', (_, template, expected) => {
    expect(parseTemplate(template, { file: 'test' }).renderSync(scope)).toBe(expected);
  });

  it('lets dates be formatted too', () => {
    const template = parseTemplate("{{ '{:%d.%m.%Y}'.format(day) }}", { file: 'test' });
    expect(template.renderSync(scope)).toBe('29.02.2024');
  });
});

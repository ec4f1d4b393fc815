import { describe, expect, it } from 'vitest';
import { testHash, testNames } from './test-names.ts';

const model = "{{ get_where_subquery(ref('agg')) }}";

// Names and hashes as dbt 1.11 gives them.
describe('testNames and testHash', () => {
  it.each([
    ['unique', 'agg', { column_name: 'user_id', model }, 'unique_agg_user_id', '4eceef715a'],
    ['not_null', 'agg', { column_name: 'user_id', model }, 'not_null_agg_user_id', '95c48812ea'],
    [
      'relationships',
      'agg',
      { column_name: 'user_id', to: "ref('base_users')", field: 'user_id', model },
      'relationships_agg_user_id__user_id__ref_base_users_',
      '2d85f0fd61',
    ],
    [
      'positive_ish',
      'agg',
      { column_name: 'total', min: -1000, model },
      'positive_ish_agg_total___1000',
      'bcfd2cfedf',
    ],
  ])('names %s on %s', (name, on, kwargs, full, hash) => {
    expect(testNames(name, on, kwargs)).toEqual({ full, short: full });
    expect(testHash(full, { namespace: null, name, kwargs })).toBe(hash);
  });

  it('shortens names of 64 characters and more to 30 and a hash', () => {
    const kwargs = {
      column_name: 'id',
      values: ['a very long value number one', 'a very long value number two'],
    };
    expect(testNames('accepted_values', 'm1', kwargs)).toEqual({
      full: 'accepted_values_m1_id__a_very_long_value_number_one__a_very_long_value_number_two',
      short: 'accepted_values_m1_a601b9488cf902900b33a29c56a262da',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { externalLocation } from './external-location.ts';
import type { ManifestSource, Plain } from './manifest.ts';

function source(meta: Plain, config: Plain = {}): ManifestSource {
  return {
    name: 'cities',
    identifier: 'cities_raw',
    schema: 'files',
    database: 'lake',
    source_name: 'geo',
    tags: [],
    meta,
    config: { enabled: true, meta, ...config },
  } as unknown as ManifestSource;
}

describe('externalLocation', () => {
  it.each([
    ['fills names in and quotes', { external_location: 'data/{name}.csv' }, "'data/cities.csv'"],
    [
      'knows every name of the source',
      { external_location: '{database}/{schema}/{identifier}' },
      "'lake/files/cities_raw'",
    ],
    ['fills other meta in', { external_location: 's3://{bucket}/x', bucket: 'b' }, "'s3://b/x'"],
    ['keeps doubled braces', { external_location: 'a{{b}}' }, "'a{b}'"],
    ['keeps calls as they are', { external_location: "delta_scan('t/{name}')" }, "delta_scan('t/cities')"],
    ['keeps what is quoted', { external_location: "'a', 'b'" }, "'a', 'b'"],
    ['knows old style', { external_location: 'x/%(name)s/100%%', formatter: 'oldstyle' }, "'x/cities/100%'"],
    [
      'knows templates',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what the user writes.
      { external_location: 'x/${name}$$/$schema', formatter: 'template' },
      "'x/cities$/files'",
    ],
    ['leaves plugins alone', { external_location: 'x', plugin: 'excel' }, undefined],
    ['leaves ordinary sources alone', {}, undefined],
  ])('%s', (_, meta, location) => {
    expect(externalLocation(source(meta))).toBe(location);
  });

  it('reads keys beside meta', () => {
    expect(externalLocation(source({}, { external_location: 'x/{name}' }))).toBe("'x/cities'");
  });

  it.each([
    ['a name that is not there', { external_location: '{nmae}' }, "uses 'nmae'"],
    ['an unknown formatter', { external_location: 'x', formatter: 'new' }, "the formatter 'new'"],
    ['a location that is no text', { external_location: 3 }, 'has to be a text'],
  ])('refuses %s', (_, meta, problem) => {
    expect(() => externalLocation(source(meta))).toThrow(problem);
  });
});

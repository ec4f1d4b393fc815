import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAction, parseActionLine, printAction } from './action-json.ts';
import { type Action, type AddFile, deletionVectorId, fileKey, removeOf } from './actions.ts';
import { decodeFilePath, encodeFilePath } from './file-paths.ts';
import { parseActions } from './log/commit-file.ts';

describe('actions as JSON', () => {
  it.each([
    [
      '{"add":{"path":"a%20b.parquet","partitionValues":{"day":"2024-01-01","kind":null},"size":9007199254740991,"modificationTime":1,"dataChange":true,"stats":"{\\"numRecords\\":1}","tags":{"k":"v"}}}',
    ],
    [
      '{"add":{"path":"x","partitionValues":{},"size":1,"modificationTime":1,"dataChange":false,"deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6},"baseRowId":9223372036854775807,"defaultRowCommitVersion":3,"clusteringProvider":"liquid"}}',
    ],
    [
      '{"remove":{"path":"x","deletionTimestamp":5,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{},"size":3}}',
    ],
    [
      '{"metaData":{"id":"i","name":"n","description":"d","format":{"provider":"parquet","options":{}},"schemaString":"s","partitionColumns":["a"],"configuration":{"delta.appendOnly":"true"},"createdTime":1}}',
    ],
    [
      '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz","appendOnly"]}}',
    ],
    ['{"txn":{"appId":"app","version":9223372036854775807,"lastUpdated":3}}'],
    ['{"domainMetadata":{"domain":"delta.x","configuration":"{}","removed":false}}'],
    ['{"commitInfo":{"timestamp":1,"operation":"WRITE","nested":{"big":12345678901234567890}}}'],
    ['{"cdc":{"path":"_change_data/x","partitionValues":{"a":null},"size":1,"dataChange":false}}'],
    ['{"somethingNew":{"of":["a","later","day"]}}'],
  ])('%s comes back as it was', (line) => {
    expect(printAction(parseActionLine(line))).toBe(line);
  });

  it('takes a row of a checkpoint, nulls and maps as entries included', () => {
    const row = {
      txn: null,
      add: {
        path: 'p',
        partitionValues: [
          { key: 'a', value: '1' },
          { key: 'b', value: null },
        ],
        size: 10n,
        modificationTime: 5,
        dataChange: false,
        tags: null,
        stats: null,
        stats_parsed: { numRecords: 3 },
        deletionVector: null,
      },
    };
    expect(parseAction(row)).toEqual({
      kind: 'add',
      path: 'p',
      logPath: 'p',
      partitionValues: new Map([
        ['a', '1'],
        ['b', null],
      ]),
      sizeBytes: 10,
      modifiedMs: 5,
      dataChange: false,
      stats: '{"numRecords":3}',
    });
    expect(parseAction({ add: null, remove: null })).toBeUndefined();
  });

  it('tells files by path and deletion vector', () => {
    const vector = { storageType: 'u', pathOrInlineDv: 'abc', sizeBytes: 1, cardinality: 1 };
    const file: AddFile = {
      kind: 'add',
      path: 'x',
      partitionValues: new Map(),
      sizeBytes: 1,
      modifiedMs: 1,
      dataChange: true,
    };
    expect(deletionVectorId({ ...vector, offset: 4 })).toBe('uabc@4');
    expect(deletionVectorId(vector)).toBe('uabc');
    expect(fileKey(file)).toBe('x');
    expect(fileKey({ ...file, deletionVector: vector })).not.toBe(fileKey(file));
    expect(fileKey(removeOf({ ...file, deletionVector: vector }, 1))).toBe(
      fileKey({ ...file, deletionVector: vector }),
    );
  });
});

describe('a commit file', () => {
  const parse = (text: string): Action[] =>
    parseActions(new TextEncoder().encode(text), '_delta_log/7.json', 'file:///t');
  const good = '{"txn":{"appId":"a","version":1}}';

  it.each([
    ['a line that is cut off', `${good}\n{"add":{"path":"x"`, 2, /in the middle of a line/],
    ['garbage in the middle', `${good}\nnot json\n${good}\n`, 2, /line 2/],
    ['a line without an action', `[]\n`, 1, /no action/],
    ['an add without a path', `${good}\n${good}\n{"add":{"size":1}}\n`, 3, /add.path is missing/],
    ['a size that is text', `{"add":{"path":"x","size":"1"}}`, 1, /add.size is not a whole number/],
    ['a path that is no URI', `{"add":{"path":"%zz","size":1}}`, 1, /well-formed/],
  ])('with %s is located', (_, text, line, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'delta.corrupt-log',
        message: expect.stringMatching(message),
        location: expect.objectContaining({ file: '_delta_log/7.json', line }),
      }),
    );
  });

  it('may lack the last line feed, and hold empty lines', () => {
    expect(parse(`${good}\n\n${good}`)).toHaveLength(2);
  });

  it('that is not UTF-8 is corrupt', () => {
    const bytes = Uint8Array.of(0x7b, 0xff, 0xfe);
    expect(() => parseActions(bytes, 'x', 't')).toThrow(
      expect.objectContaining({ code: 'delta.corrupt-log' }),
    );
  });

  it.each(['../x.parquet', 'a/../../x.parquet', '%2e%2e/x.parquet', '..'])(
    'that adds %s is refused',
    (path) => {
      expect(() => parse(`{"add":{"path":"${path}","size":1}}`)).toThrow(
        expect.objectContaining({ code: 'delta.outside-table' }),
      );
    },
  );

  it.each([
    ['s3://bucket/x%20y.parquet', 's3://bucket/x%20y.parquet'],
    ['/data/x%20y.parquet', 'file:///data/x%20y.parquet'],
    ['file:/data/x.parquet', 'file:///data/x.parquet'],
    ['./a/b/../x.parquet', 'a/x.parquet'],
  ])('that adds %s names the file %s, and spells it as before', (logPath, path) => {
    const [add] = parse(`{"add":{"path":"${logPath}","size":1}}`);
    expect(add).toMatchObject({ path });
    expect(printAction(add as Action)).toContain(`"path":"${logPath}"`);
  });

  it.each(['%2Fetc/passwd', 's3%3A//x', '%zz'])('that adds %s is damaged', (path) => {
    expect(() => parse(`{"add":{"path":"${path}","size":1}}`)).toThrow(
      expect.objectContaining({ code: 'delta.corrupt-log' }),
    );
  });
});

describe('paths of data files', () => {
  it.each([
    ['a b.parquet', 'a%20b.parquet'],
    [
      'bool=false/time=1970-01-02 08%3A45%3A00/x.parquet',
      'bool=false/time=1970-01-02%2008%253A45%253A00/x.parquet',
    ],
    ['größe=ä/x', 'gr%C3%B6%C3%9Fe=%C3%A4/x'],
    ['a:b#c?d', 'a%3Ab%23c%3Fd'],
  ])('%s is %s in the log', (path, logPath) => {
    expect(encodeFilePath(path)).toBe(logPath);
    expect(decodeFilePath(logPath)).toBe(path);
  });

  it('survive the way into the log and back', () => {
    // Those that aren't as short as they could be (`.`, `//`) come back shorter.
    const paths = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((path) => path.split('/').every((name) => !/^\.{0,2}$/.test(name)));
    fc.assert(
      fc.property(paths, (path) => {
        expect(decodeFilePath(encodeFilePath(`d/${path}`))).toBe(`d/${path}`);
      }),
    );
  });
});

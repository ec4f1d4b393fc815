/** ALTER TABLE and COMMENT ON, in Spark's words and in PostgreSQL's. Pure. */
import type { AlterChange, ColumnPosition } from '../alter/alter-change.ts';
import { parseColumnText } from '../alter/schema-text.ts';
import { Cursor } from './cursor.ts';
import { parseKey, parseProperties } from './parse-create.ts';
import type { DeltaStatement } from './statement.ts';

const grammar =
  'ALTER TABLE table ADD COLUMN … | RENAME COLUMN a TO b | DROP COLUMN a | ALTER COLUMN a TYPE … | SET NOT NULL … | ADD CONSTRAINT name CHECK (…) | DROP CONSTRAINT name | SET TBLPROPERTIES (…) | UNSET TBLPROPERTIES (…) | CLUSTER BY (…) | DROP FEATURE name';

/** `ALTER TABLE table …`. @throws tables.bad-statement, and what the columns' own parser throws */
export function parseAlter(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'ALTER TABLE', grammar);
  at.expect('alter', 'table');
  const table = at.table();
  if (at.take('replace', 'columns')) {
    const columns = at.parenthesised('columns');
    at.end();
    return { kind: 'alter', table, changes: [], columns };
  }
  const changes = parseChanges(at);
  at.end();
  return { kind: 'alter', table, changes };
}

/** `COMMENT ON TABLE t IS '…'` and `COMMENT ON COLUMN t.c IS '…'`. @throws tables.bad-statement */
export function parseComment(sql: string): DeltaStatement {
  const at = new Cursor(
    sql,
    'COMMENT ON',
    "COMMENT ON TABLE table IS '…' | COMMENT ON COLUMN table.column IS '…'",
  );
  at.expect('comment', 'on');
  const isColumn = at.take('column');
  if (!isColumn) at.expect('table');
  const table = at.table();
  let column = '';
  let owner = table;
  if (isColumn) {
    if (table.kind === 'path') {
      at.expect('.');
      column = at.name('a column');
    } else {
      column = table.parts.at(-1) ?? '';
      owner = { kind: 'name', parts: table.parts.slice(0, -1) };
      if (table.parts.length < 2) throw at.bad('name the column as table.column');
    }
  }
  at.expect('is');
  const comment = at.take('null') ? {} : { comment: at.string('a comment in quotes') };
  at.end();
  const change: AlterChange = isColumn
    ? { kind: 'comment-column', column: [column], ...comment }
    : { kind: 'comment-table', ...comment };
  return { kind: 'alter', table: owner, changes: [change] };
}

function parseChanges(at: Cursor): AlterChange[] {
  if (at.take('add', 'constraint')) {
    const name = at.name('a name');
    at.expect('check');
    return [{ kind: 'add-constraint', name, expression: at.parenthesised('a condition') }];
  }
  if (at.take('drop', 'constraint')) {
    const ifExists = at.take('if', 'exists');
    return [{ kind: 'drop-constraint', name: at.name('a name'), ifExists }];
  }
  if (at.take('drop', 'feature')) {
    const feature = at.peek()?.kind === 'string' ? at.string('a feature') : at.name('a feature');
    return [{ kind: 'drop-feature', feature, truncateHistory: at.take('truncate', 'history') }];
  }
  if (at.take('add')) return parseAdd(at);
  if (at.take('rename', 'to')) return [{ kind: 'rename-table', name: at.name('a name') }];
  if (at.take('rename')) {
    at.take('column');
    const column = at.columnPath();
    at.expect('to');
    return [{ kind: 'rename-column', column, to: at.name('a name') }];
  }
  if (at.take('drop')) return parseDrop(at);
  if (at.take('set', 'tblproperties')) return [{ kind: 'set-properties', properties: parseProperties(at) }];
  if (at.take('unset', 'tblproperties')) {
    const ifExists = at.take('if', 'exists');
    return [{ kind: 'unset-properties', keys: at.list(() => parseKey(at)), ifExists }];
  }
  if (at.take('cluster', 'by')) {
    const columns = at.take('none') ? [] : at.list(() => at.columnPath());
    return [{ kind: 'cluster-by', columns }];
  }
  if (at.take('alter') || at.take('change')) return parseAlterColumn(at);
  throw at.wrong('a change');
}

/** `ADD COLUMN[S] [(]a TYPE [COMMENT '…'] [FIRST | AFTER b], …[)]`; a dotted name adds a member to a struct. */
function parseAdd(at: Cursor): AlterChange[] {
  if (!at.take('columns')) at.take('column');
  const ifNotExists = at.take('if', 'not', 'exists');
  const parenthesised = at.take('(');
  const changes: AlterChange[] = [];
  do {
    const path = at.columnPath();
    const name = path.at(-1) as string;
    const definition = at.typeUntil([','], [')'], ['first'], ['after']);
    const column = parseColumnText(`"${name.replaceAll('"', '""')}" ${definition}`);
    const position = parsePosition(at);
    changes.push({
      kind: 'add-column',
      column,
      ...(path.length > 1 ? { parent: path.slice(0, -1) } : {}),
      ...(position === undefined ? {} : { position }),
      ifNotExists,
    });
  } while (at.take(','));
  if (parenthesised) at.expect(')');
  return changes;
}

function parsePosition(at: Cursor): ColumnPosition | undefined {
  if (at.take('first')) return 'first';
  return at.take('after') ? { after: at.name('a column') } : undefined;
}

function parseDrop(at: Cursor): AlterChange[] {
  if (!at.take('columns')) at.take('column');
  const ifExists = at.take('if', 'exists');
  const columns = at.sees('(') ? at.list(() => at.columnPath()) : [at.columnPath()];
  return columns.map((column) => ({ kind: 'drop-column', column, ifExists }));
}

function parseAlterColumn(at: Cursor): AlterChange[] {
  at.take('column');
  const column = at.columnPath();
  if (at.take('set', 'data', 'type') || at.take('type'))
    return [{ kind: 'change-type', column, type: at.rest('a type') }];
  if (at.take('set', 'not', 'null')) return [{ kind: 'set-not-null', column }];
  if (at.take('drop', 'not', 'null')) return [{ kind: 'drop-not-null', column }];
  if (at.take('set', 'default')) return [{ kind: 'set-default', column, expression: at.rest('a value') }];
  if (at.take('drop', 'default')) return [{ kind: 'drop-default', column }];
  if (at.take('comment'))
    return [{ kind: 'comment-column', column, comment: at.string('a comment in quotes') }];
  const position = parsePosition(at);
  if (position !== undefined) return [{ kind: 'move-column', column, position }];
  if (at.sees('sync'))
    throw at.bad(
      'SYNC IDENTITY is not known; values that are given move an identity column on by themselves',
    );
  const kind = at.peek()?.kind;
  if (kind === 'word' || kind === 'quoted') return parseRedefined(at, column);
  throw at.wrong('TYPE, SET NOT NULL, DROP NOT NULL, SET DEFAULT, DROP DEFAULT, COMMENT, FIRST or AFTER');
}

/** `CHANGE COLUMN a a TYPE [COMMENT '…'] [FIRST | AFTER b]`: Hive's form, which tells the name and type again. */
function parseRedefined(at: Cursor, column: readonly string[]): AlterChange[] {
  const name = at.name('a name');
  const type = at.typeUntil(['comment'], ['first'], ['after'], ['not'], ['default']);
  const changes: AlterChange[] = [];
  changes.push({ kind: 'change-type', column, type });
  if (at.take('comment')) {
    changes.push({ kind: 'comment-column', column, comment: at.string('a comment in quotes') });
  }
  const position = parsePosition(at);
  if (position !== undefined) changes.push({ kind: 'move-column', column, position });
  if (name.toLowerCase() !== column.at(-1)?.toLowerCase()) {
    changes.push({ kind: 'rename-column', column, to: name });
  }
  return changes;
}

/** What statements do, told by their words. Pure. */

/**
 * Whether `sql` may change what only the published file holds: tables, and whatever else isn't made
 * anew from the catalog (types, sequences, indexes). Anything that isn't known to leave them alone
 * counts: a wrong yes costs a copy and a turn, a wrong no would lose the change.
 */
export function changesTables(sql: string): boolean {
  return statementsOf(sql).some((statement) => !isHarmless(statement));
}

/** Whether nothing but space and comments is in it. */
export function isBlank(sql: string): boolean {
  return statementsOf(sql).length === 0;
}

/** The statements without comments; strings are kept whole, in single, double or dollar quotes. */
function statementsOf(sql: string): readonly string[] {
  const tokens =
    /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|;|[^-/'"$;]+|[-/'"$]/g;
  const statements = [''];
  for (const [token] of sql.matchAll(tokens)) {
    if (token.startsWith('--') || token.startsWith('/*')) statements.push(`${statements.pop() ?? ''} `);
    else if (token === ';') statements.push('');
    else statements.push((statements.pop() ?? '') + token);
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}

const harmless: readonly RegExp[] = [
  /^[(\s]*(?:select|from|values|describe|desc|show|summarize|explain(?!\s+analyze)|table|pivot|unpivot)\b/i,
  /^(?:set|reset|use|begin|start|commit|end|rollback|abort|load|install|attach|detach|pragma|call)\b/i,
  /^(?:checkpoint|force\s+checkpoint|analyze|vacuum|prepare|deallocate|export)\b/i,
  /^create\s+(?:or\s+replace\s+)?(?:temp|temporary)\b/i,
  /^create\s+(?:or\s+replace\s+)?(?:persistent\s+)?(?:view|macro|function|schema|secret)\b/i,
  /^drop\s+(?:view|macro|function|(?:persistent\s+)?secret)\b/i,
  /^drop\s+schema\b(?![\s\S]*\bcascade\b)/i,
  /^alter\s+view\b/i,
  /^comment\s+on\s+(?:view|macro|column|schema|database)\b/i,
  // To a file, of a query or of a table.
  /^copy\s*\([\s\S]*\)\s*to\b/i,
  /^copy\s+[^\s(]+(?:\s*\([^)]*\))?\s+to\b/i,
];

function isHarmless(statement: string): boolean {
  if (/^with\b/i.test(statement)) {
    return !/\b(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from|merge\s+into)\b/i.test(statement);
  }
  return harmless.some((pattern) => pattern.test(statement));
}

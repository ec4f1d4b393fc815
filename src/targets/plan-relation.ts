/** Plans of views, tables and table functions. Pure. */
import type { RelationKind } from '../compiler/index.ts';
import { contractStatements, hasContract } from './contract.ts';
import { bringBack, setAside } from './foreign-key-dependents.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, indexSteps, subquery } from './plan-frame.ts';
import type { PlanInput } from './plan-input.ts';
import { printName, sqlKind } from './relation-sql.ts';

/** A view over the model's SQL; whatever had its name before gives way in the same transaction. */
export function planView(input: PlanInput): readonly PlanStep[] {
  const { node, target } = input;
  const steps: PlanStep[] = [...dropOther(input, 'view')];
  const own = input.overridden('create_view_as') || input.overridden('get_create_view_as_sql');
  if (own) {
    steps.push(...dropSame(input));
    steps.push({
      kind: 'macro',
      name: input.overridden('get_create_view_as_sql') ? 'get_create_view_as_sql' : 'create_view_as',
      arguments: [
        { kind: 'relation', relation: target, type: 'view' },
        { kind: 'text', text: input.code },
      ],
      main: true,
    });
  } else {
    const sql = `create or replace view ${printName(target)} as ${subquery(input.code)}`;
    steps.push({ kind: 'sql', sql: withHeader(input, sql), main: true });
  }
  steps.push(...documentSteps(node, target, 'view'));
  // A macro of the user's may have made a view of more than the model's own SQL.
  steps.push({ kind: 'made', relation: target, as: 'view', select: own ? null : input.code });
  return frame(node, steps);
}

/** A table of the model's rows. Readers in other sessions see the old one until the transaction ends. */
export function planTable(input: PlanInput): readonly PlanStep[] {
  return frame(input.node, [...tableSteps(input)]);
}

/** The steps that build the table anew, without hooks. */
export function tableSteps(input: PlanInput): readonly PlanStep[] {
  const { node, target, dependents = [] } = input;
  const steps: PlanStep[] = setAside(dependents).map((sql) => ({ kind: 'sql', sql }));
  if (input.overridden('create_table_as') || input.overridden('get_create_table_as_sql')) {
    steps.push(...overriddenTable(input));
  } else {
    steps.push(...dropOther(input, 'table'));
    const statements = hasContract(node)
      ? contractStatements(node, printName(target), input.code)
      : [`create or replace table ${printName(target)} as ${subquery(input.code)}`];
    statements.forEach((sql, index) => {
      steps.push({
        kind: 'sql',
        sql: index === 0 ? withHeader(input, sql) : sql,
        main: index === statements.length - 1,
      });
    });
  }
  steps.push(...bringBack(dependents).map((sql) => ({ kind: 'sql', sql }) as const));
  steps.push(...indexSteps(node, target));
  steps.push(...documentSteps(node, target, 'table'));
  steps.push({ kind: 'made', relation: target, as: 'table', select: null });
  return steps;
}

/** A table macro: a view with parameters. */
export function planTableFunction(input: PlanInput): readonly PlanStep[] {
  const parameters = input.node.config['parameters'];
  const list = Array.isArray(parameters) ? parameters.join(', ') : String(parameters ?? '');
  const sql = `create or replace macro ${printName(input.target)}(${list}) as table ${subquery(input.code)}`;
  return frame(input.node, [
    { kind: 'sql', sql, main: true },
    { kind: 'made', relation: input.target, as: 'function', select: null },
  ]);
}

/** Drops what has the target's name when it is of another kind: CREATE OR REPLACE doesn't. */
export function dropOther(input: PlanInput, kind: RelationKind): readonly PlanStep[] {
  if (!input.existing || input.existing.kind === kind) return [];
  return dropSame(input);
}

function dropSame(input: PlanInput): readonly PlanStep[] {
  if (!input.existing) return [];
  const sql = `drop ${sqlKind(input.existing.kind)} ${printName(input.existing)} cascade`;
  return [{ kind: 'sql', sql }];
}

/**
 * A user's own `create_table_as` knows nothing of replacing, and the model may read the table it
 * replaces: so it makes a table under another name, which then takes the place.
 */
function overriddenTable(input: PlanInput): readonly PlanStep[] {
  const { target } = input;
  const made = { ...target, identifier: `${target.identifier}__dbt_tmp` };
  const viaGetter = input.overridden('get_create_table_as_sql');
  return [
    { kind: 'sql', sql: `drop table if exists ${printName(made)} cascade` },
    {
      kind: 'macro',
      name: viaGetter ? 'get_create_table_as_sql' : 'create_table_as',
      arguments: [
        { kind: 'plain', value: false },
        { kind: 'relation', relation: made, type: 'table' },
        { kind: 'text', text: input.code },
      ],
      main: true,
    },
    ...dropSame(input),
    {
      kind: 'sql',
      sql: `alter table ${printName(made)} rename to ${printName({ database: '', schema: '', identifier: target.identifier })}`,
    },
  ];
}

function withHeader(input: PlanInput, sql: string): string {
  const header = input.node.config['sql_header'];
  return typeof header === 'string' && header.trim() !== ''
    ? `${header.trim().replace(/;*$/, ';')}\n${sql}`
    : sql;
}

/** Every command, in the order that help lists them. */
import type { CommandGroup, CommandSpec } from '../command.ts';
import { aliasCommand } from './alias.ts';
import { branchGroup } from './branch/index.ts';
import { buildCommand } from './build.ts';
import { catalogGroup } from './catalog.ts';
import { cleanCommand } from './clean.ts';
import { cloneCommand } from './clone.ts';
import { compileCommand } from './compile.ts';
import { debugCommand } from './debug.ts';
import { depsCommand } from './deps.ts';
import { devCommand } from './dev.ts';
import { diffCommand } from './diff.ts';
import { docsGroup } from './docs.ts';
import { doctorCommand } from './doctor.ts';
import { initCommand } from './init.ts';
import { landCommand } from './land.ts';
import { logCommand } from './log.ts';
import { lsCommand } from './ls.ts';
import { maintainCommand } from './maintain.ts';
import { openCommand } from './open.ts';
import { parseCommand } from './parse.ts';
import { queryCommand } from './query.ts';
import { retryCommand } from './retry.ts';
import { rollbackCommand } from './rollback.ts';
import { runCommand } from './run.ts';
import { runOperationCommand } from './run-operation.ts';
import { seedCommand } from './seed.ts';
import { showCommand } from './show.ts';
import { snapshotCommand } from './snapshot.ts';
import { sourceGroup } from './source.ts';
import { tableGroup } from './table/index.ts';
import { testCommand } from './test.ts';

/** All of them. */
export const commands: readonly (CommandSpec | CommandGroup)[] = [
  buildCommand,
  runCommand,
  testCommand,
  seedCommand,
  snapshotCommand,
  retryCommand,
  cloneCommand,
  landCommand,
  queryCommand,
  openCommand,
  logCommand,
  diffCommand,
  rollbackCommand,
  branchGroup,
  tableGroup,
  maintainCommand,
  catalogGroup,
  showCommand,
  lsCommand,
  compileCommand,
  parseCommand,
  docsGroup,
  devCommand,
  sourceGroup,
  runOperationCommand,
  depsCommand,
  initCommand,
  debugCommand,
  doctorCommand,
  cleanCommand,
  aliasCommand,
];

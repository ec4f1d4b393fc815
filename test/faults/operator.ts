/** A process that does one operation of `operations`; it prints `ready` when it begins, `done` at its end. */
import { operations } from './operations.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as { uri: string; name: string; rows: number };
const operation = operations[task.name];
if (operation === undefined) throw new Error(`no operation is called ${task.name}`);
console.log('ready');
await operation.run(task.uri, { rows: task.rows });
console.log('done');

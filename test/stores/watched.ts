/** A test that begins two processes, one of them frozen, and never ends them. Prints their numbers. */
import { spawn } from 'node:child_process';
import { watchFolder, watchProcess } from './watchdog.ts';

const { folder } = JSON.parse(process.argv[2] ?? '{}') as { readonly folder: string };
watchFolder(folder);
const children = [spawn('sleep', ['600']), spawn('sleep', ['600'])];
for (const child of children) watchProcess(child);
children[0]?.kill('SIGSTOP');
console.log(JSON.stringify(children.map(({ pid }) => pid)));
setInterval(() => undefined, 1000);

/** Asks Python's Jinja: one process for all templates, JSON in and out. */
import { spawnSync } from 'node:child_process';

/** What Python made of a template: its text, or the name of the exception. */
export type PythonOutcome = { readonly text: string } | { readonly error: string };

/** Python's answers, in the order of the questions. */
export interface PythonAnswers {
  readonly renders: readonly PythonOutcome[];
  /** null where the template was accepted, else what was wrong with it. */
  readonly verdicts: readonly (string | null)[];
}

const program = `
import json, sys
import jinja2, jinja2.sandbox
sys.setrecursionlimit(600)
question = json.load(sys.stdin)
env = jinja2.sandbox.SandboxedEnvironment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
renders, verdicts = [], []
for text in question["renders"]:
    try:
        renders.append({"text": env.from_string(text).render(json.loads(question["context"]))})
    except Exception as e:
        renders.append({"error": type(e).__name__ + ": " + str(e)})
for text in question["verdicts"]:
    try:
        env.from_string(text)
        verdicts.append(None)
    except Exception as e:
        verdicts.append(type(e).__name__ + ": " + str(e))
json.dump({"renders": renders, "verdicts": verdicts}, sys.stdout)
`;

/** The Python to ask, or why there is none. Looked for in BOATHOUSE_PYTHON, else `python3`. */
export function findPython(): { readonly path: string } | { readonly missing: string } {
  const path = process.env['BOATHOUSE_PYTHON'] ?? 'python3';
  const probe = spawnSync(path, ['-c', 'import jinja2; print(jinja2.__version__)'], { encoding: 'utf8' });
  if (probe.error) return { missing: `${path} can not be run: ${probe.error.message}` };
  const version = probe.stdout.trim();
  if (probe.status !== 0) return { missing: `${path} has no jinja2` };
  return version.startsWith('3.1.') ? { path } : { missing: `${path} has jinja2 ${version}, not 3.1` };
}

/** Renders `renders` with `context` and compiles `verdicts` in Python. */
export function askPython(
  path: string,
  question: { renders: readonly string[]; verdicts: readonly string[]; context: unknown },
): PythonAnswers {
  const input = JSON.stringify({ ...question, context: JSON.stringify(question.context) });
  const run = spawnSync(path, ['-c', program], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 120_000,
  });
  if (run.status !== 0) throw new Error(`python failed: ${run.stderr}`);
  return JSON.parse(run.stdout) as PythonAnswers;
}

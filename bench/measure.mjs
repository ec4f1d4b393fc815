/** Runs a command and measures the whole process: CPU and wall seconds, peak memory. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What running `command` cost, children included.
 *
 * CPU comes from bash's `time`, so it counts every descendant that ended. Peak memory is the largest
 * resident set of any process below it, sampled from /proc every 20 ms (0 where there is no /proc).
 *
 * @returns {Promise<{ cpuS: number, wallS: number, peakMiB: number, stdout: string, stderr: string, code: number }>}
 */
export function measure(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const script = 'TIMEFORMAT="boathouse-bench %U %S %R"; time "$@"';
    const child = spawn('bash', ['-c', script, 'bench', command, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let peakKiB = 0;
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const sampling = setInterval(() => {
      peakKiB = Math.max(peakKiB, peakBelow(child.pid));
    }, 20);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(sampling);
      const times = /boathouse-bench ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr);
      const [user, system, wall] = (times ?? []).slice(1).map(Number);
      const result = {
        cpuS: user + system,
        wallS: wall,
        peakMiB: peakKiB / 1024,
        stdout,
        stderr,
        code: code ?? 1,
      };
      const allowed = options.codes ?? [0];
      if (allowed.includes(result.code)) resolve(result);
      else
        reject(
          new Error(
            `${command} ${args.join(' ')} ended with ${code}:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`,
          ),
        );
    });
  });
}

/** The largest VmHWM of the processes below `pid`, in KiB. */
function peakBelow(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    let peak = 0;
    for (const child of children) {
      const status = readFileSync(`/proc/${child}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0), peakBelow(child));
    }
    return peak;
  } catch {
    return 0;
  }
}

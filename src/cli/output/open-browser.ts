/** Showing a page to whoever sits at this machine. */
import { spawn } from 'node:child_process';

/** Asks the system to open `url` in its browser. A machine without one is no failure: the address is printed. */
export function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const opener = spawn(command ?? '', args, { stdio: 'ignore', detached: true });
  opener.on('error', () => {});
  opener.unref();
}

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const marker = 'TSUKUBE_KUBELET_NAMESPACES';

/** Whether this process is the one inside. */
export const isInside = process.env[marker] === '1';

const has = (program: string): boolean =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some(directory => {
    try {
      accessSync(`${directory}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Why the real runtime cannot be tried here; false if it can. */
export function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const absent = ['containerd', 'runc', 'ctr', 'unshare', 'ip', 'busybox'].filter(program => !has(program));
  return absent.length > 0 && `needs ${absent.join(', ')}`;
}

/**
 * Runs a test file in network, mount and PID namespaces of its own: whatever it starts ends with it. Resolves with what it wrote;
 * rejects if a test in it failed.
 */
export function runInside(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'unshare',
      [
        '--net',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        process.execPath,
        '--test-reporter=spec',
        file,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // Without the variable that tells a test file that it is a child of the runner.
        env: { ...process.env, [marker]: '1', NODE_TEST_CONTEXT: undefined },
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        output += chunk;
      });
    child.on('error', reject);
    child.on('close', code => {
      if (code === 0) resolve(output);
      else reject(new Error(`tests inside the namespaces failed:\n${output}`));
    });
  });
}

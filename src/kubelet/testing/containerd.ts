// A private containerd for tests, with images made from the machine's busybox. To be called in network, mount and PID namespaces of the
// test's own (see real.test.ts): when their first process ends, nothing of it is left but the directory and the cgroups.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cniConfig, containerdConfig } from '../../cluster/containerd.ts';
import { imageArchive } from '../../cluster/images/archive.ts';

const run = promisify(execFile);

export const pauseImage = 'tsukube.local/pause:test';
export const shellImage = 'tsukube.local/shell:test';
export const podCidr = '10.90.0.0/24';

export interface PrivateContainerd {
  socket: string;
  process: ChildProcess;
}

const applets = [
  'sh',
  'sleep',
  'cat',
  'httpd',
  'wget',
  'echo',
  'ls',
  'id',
  'nc',
  'true',
  'false',
  'kill',
  'env',
  'hostname',
  'grep',
  'stat',
  'touch',
  'rm',
  'mkdir',
  'readlink',
  'tail',
  'seq',
  'nslookup',
  'mount',
  'head',
  'wc',
  'stty',
  'dd',
];

async function images(): Promise<Buffer> {
  const busybox = readFileSync('/bin/busybox');
  const entries = [
    { path: 'bin', directory: true } as const,
    { path: 'bin/busybox', content: busybox, mode: 0o755 },
    ...applets.map(name => ({ path: `bin/${name}`, link: 'busybox' })),
    { path: 'etc', directory: true } as const,
    { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
    { path: 'tmp', directory: true, mode: 0o1777 } as const,
  ];
  return imageArchive([
    { reference: pauseImage, entries, config: { Entrypoint: ['/bin/busybox', 'sleep', '2147483647'] } },
    { reference: shellImage, entries, config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] } },
  ]);
}

const accepts = (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Starts containerd below `directory` and imports the images; resolves when it answers. */
export async function startContainerd(directory: string): Promise<PrivateContainerd> {
  const socket = join(directory, 'containerd.sock');
  const cni = join(directory, 'cni');
  await mkdir(cni, { recursive: true });
  await writeFile(
    join(cni, '10-test.conflist'),
    cniConfig(podCidr).replace('/run/cni', join(directory, 'ipam')),
  );
  const config = containerdConfig({
    folder: directory,
    log: '',
    podCidr,
    pauseImage,
    cniBinaries: '/usr/lib/cni',
  })
    .replaceAll('/run/containerd/containerd.sock', socket)
    .replace('state = "/run/containerd"', `state = "${join(directory, 'state')}"`);
  await writeFile(join(directory, 'config.toml'), config);
  const log = await open(join(directory, 'containerd.log'), 'a');
  const child = spawn('containerd', ['--config', join(directory, 'config.toml')], {
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env.PATH, HOME: directory },
  });
  while (!(await accepts(socket))) {
    if (child.exitCode !== null) throw new Error(`containerd ended with ${child.exitCode}`);
    await new Promise(next => setTimeout(next, 20));
  }
  await writeFile(join(directory, 'images.tar'), await images());
  await run('ctr', ['--address', socket, '-n', 'k8s.io', 'images', 'import', join(directory, 'images.tar')]);
  await log.close();
  return { socket, process: child };
}

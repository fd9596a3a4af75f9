// The images that every local cluster has from the start: the pause image and the demo server, from a static busybox.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../../platform/exec.ts';
import { UserError } from '../errors.ts';
import { type Entry, type ImageDescription, imageArchive } from './archive.ts';

export const pauseImage = 'tsukube.local/pause:1';
export const demoImage = (version: string): string => `tsukube.local/myapp:${version}`;

const busyboxPath = '/bin/busybox';

/** True for an ELF file without an interpreter (program header of type PT_INTERP): it needs no libraries. */
export function isStatic(elf: Uint8Array): boolean {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  if (view.getUint32(0) !== 0x7f454c46) return false;
  const little = elf[5] === 1;
  const wide = elf[4] === 2;
  const start = wide ? Number(view.getBigUint64(32, little)) : view.getUint32(28, little);
  const size = view.getUint16(wide ? 54 : 42, little);
  const count = view.getUint16(wide ? 56 : 44, little);
  for (let i = 0; i < count; i++) if (view.getUint32(start + i * size, little) === 3) return false;
  return true;
}

/**
 * The demo server: `/` says version and Pod name, `/hostname.html` the Pod name, `/healthz` answers 200 until `unready` is
 * run inside the Pod and again after `ready`. On SIGTERM it goes on answering for DRAIN_SECONDS, so that whoever still
 * holds its address is served, and then ends.
 */
const serve = `#!/bin/sh
name=$(hostname)
mkdir -p /tmp/www
echo "Hello MyApp | Version: $VERSION | Pod Name: $name" > /tmp/www/index.html
echo "$name" > /tmp/www/hostname.html
ready
trap 'echo "SIGTERM: answering for \${DRAIN_SECONDS}s more"; sleep "$DRAIN_SECONDS"; kill "$server"; sleep 0.1; exit 0' TERM INT
httpd -f -p "\${PORT}" -h /tmp/www &
server=$!
echo "serving version $VERSION as $name on port \${PORT}"
wait "$server"
`;

const base = (busybox: Uint8Array, applets: readonly string[]): Entry[] => [
  { path: 'bin', directory: true },
  { path: 'bin/busybox', content: busybox, mode: 0o755 },
  ...applets.filter(name => name !== 'busybox').map(name => ({ path: `bin/${name}`, link: 'busybox' })),
  { path: 'bin/serve', content: serve, mode: 0o755 },
  { path: 'bin/ready', content: '#!/bin/sh\necho ok > /tmp/www/healthz\n', mode: 0o755 },
  { path: 'bin/unready', content: '#!/bin/sh\nrm -f /tmp/www/healthz\n', mode: 0o755 },
  { path: 'etc', directory: true },
  {
    path: 'etc/passwd',
    content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n',
  },
  { path: 'etc/group', content: 'root:x:0:\nnobody:x:65534:\n' },
  { path: 'root', directory: true, mode: 0o700 },
  { path: 'tmp', directory: true, mode: 0o1777 },
];

const demo = (version: string, entries: Entry[]): ImageDescription => ({
  reference: demoImage(version),
  entries,
  config: {
    Entrypoint: ['/bin/serve'],
    Env: ['PATH=/bin', `VERSION=${version}`, 'PORT=80', 'DRAIN_SECONDS=2'],
    ExposedPorts: { '80/tcp': {} },
  },
});

/** The path of the archive with the built-in images, made below `cache` when it is not there yet. */
export async function builtinArchive(cache: string): Promise<string> {
  if (!existsSync(busyboxPath))
    throw new UserError(`no ${busyboxPath}: install it with: apt-get install busybox-static`);
  const busybox = readFileSync(busyboxPath);
  const key = createHash('sha256')
    .update(busybox)
    .update(serve)
    .update('format 1')
    .digest('hex')
    .slice(0, 16);
  const path = join(cache, 'images', `builtin-${key}.tar`);
  if (existsSync(path)) return path;
  if (!isStatic(busybox)) {
    throw new UserError(
      `${busyboxPath} needs shared libraries: install a static one with: apt-get install busybox-static`,
    );
  }
  const applets = (await exec(busyboxPath, ['--list'])).trim().split('\n');
  const entries = base(busybox, applets);
  const archive = await imageArchive([
    { reference: pauseImage, entries, config: { Entrypoint: ['/bin/busybox', 'sleep', 'infinity'] } },
    demo('v1', entries),
    demo('v2', entries),
  ]);
  mkdirSync(join(cache, 'images'), { recursive: true });
  // Written aside and renamed, so that a killed process leaves no half archive behind.
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, archive);
  renameSync(partial, path);
  return path;
}

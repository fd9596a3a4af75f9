import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './error.mjs';

const programFolders = () => [
  ...(process.env.PATH ?? '').split(':'),
  '/usr/sbin',
  '/sbin',
  '/usr/bin',
  '/bin',
];

const executable = path => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const program = name => () => programFolders().some(folder => folder && executable(join(folder, name)));
const file =
  (...paths) =>
  () =>
    paths.some(path => existsSync(path));

/** What the project runs, the Debian package that has it, and what for. `for`: `up` and tests, or tests only. */
const needs = [
  { package: 'containerd', present: program('containerd'), why: 'runs the containers' },
  { package: 'runc', present: program('runc'), why: 'starts each container' },
  {
    package: 'containernetworking-plugins',
    present: file('/usr/lib/cni/bridge', '/opt/cni/bin/bridge'),
    why: 'connects Pods to the network',
  },
  { package: 'nftables', present: program('nft'), why: 'virtual IPs, nftables mode' },
  { package: 'iptables', present: program('iptables'), why: 'virtual IPs, iptables mode; host ports' },
  { package: 'ipset', present: program('ipset'), why: 'virtual IPs, ipvs mode' },
  { package: 'ipvsadm', present: program('ipvsadm'), why: 'virtual IPs, ipvs mode' },
  { package: 'conntrack', present: program('conntrack'), why: 'forgets stale UDP flows' },
  { package: 'iproute2', present: program('ip'), why: 'network namespaces and links' },
  { package: 'busybox-static', present: file('/bin/busybox'), why: 'the demo images are made from it' },
  { package: 'kubernetes-client', present: program('kubectl'), why: 'there is no kubectl on the PATH' },
  {
    package: 'docker-registry',
    present: program('docker-registry'),
    why: 'pulling is tested against it',
    test: true,
  },
  { package: 'curl', present: program('curl'), why: 'the walk is tested with it', test: true },
  { package: 'procps', present: program('ps'), why: 'tests look for processes left behind', test: true },
];

/** Installs the system packages that are missing for `purpose` (`up` or `test`), or says what is missing and stops. */
export function setUpSystem(purpose) {
  const missing = needs.filter(need => (purpose === 'test' || !need.test) && !need.present());
  if (missing.length === 0) return;
  const names = missing.map(need => need.package);
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid() !== 0) {
    throw new SetupError(
      `missing system packages: ${names.join(', ')}; install them as root with: ${command}`,
    );
  }
  if (!program('apt-get')()) {
    throw new SetupError(
      `missing: ${names.join(', ')} (names of Debian's packages); without apt-get they must be installed by hand; on Debian: ${command}`,
    );
  }
  for (const need of missing) say(`installing ${need.package} (${need.why})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('sh', ['-c', `${command} >&2`], { stdio: ['ignore', 2, 2], env }).status === 0;
  // A new machine has no package lists yet; a machine that has them saves the time.
  if (install()) return;
  say('refreshing the package lists');
  spawnSync('sh', ['-c', 'apt-get update >&2'], { stdio: ['ignore', 2, 2], env });
  if (!install())
    throw new SetupError(`the installation failed; after mending what apt-get says above, try: ${command}`);
}

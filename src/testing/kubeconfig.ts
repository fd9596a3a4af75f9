// The door for clients outside of the process: HTTPS on loopback and a kubeconfig file, both made when first asked for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHttpServer } from '../apiserver/http.node.ts';
import { mergeAccess } from '../cluster/kubeconfig.ts';
import type { Logger } from '../machinery/logger.ts';
import type { ControlPlane } from './control-plane.ts';
import { adminAccess } from './pki.ts';

/** Opens the door; gives the path of a kubeconfig for the administrator. What is opened or made goes to `stack`. */
export async function openKubeconfig(
  plane: ControlPlane,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<string> {
  const { ca, serving, admin } = await adminAccess();
  const { ports } = stack.use(
    await startHttpServer({
      ...{ server: plane.server, logger },
      certificate: serving.certificate,
      key: serving.key,
      clientCa: ca,
      listen: [{ host: '127.0.0.1', port: 0 }],
    }),
  );
  await plane.publishAuthority(ca);
  const folder = mkdtempSync(join(tmpdir(), 'tsukube-testing-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'kubeconfig');
  const text = mergeAccess('', {
    context: 'tsukube-testing',
    server: `https://127.0.0.1:${ports[0]}`,
    authority: ca,
    certificate: admin.certificate,
    key: admin.key,
  });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

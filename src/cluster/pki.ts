// The certificates of a local cluster, by file name: `admin`, `apiserver`, `apiserver-kubelet-client`, and three for each node.
import { apiServerNames, createPki, type KeyPair, type Pki } from '../apiserver/pki/pki.ts';
import { pkiFiles } from '../apiserver/pki/pki-files.node.ts';
import { realClock } from '../platform/clock.ts';
import { realRandom } from '../platform/random.ts';
import { type Access, contextName } from './access.ts';
import type { Layout } from './layout.ts';
import { addressPlan } from './network.ts';
import type { ClusterPaths } from './paths.ts';
import type { ClusterDescription } from './state.ts';

export const openPki = (paths: Pick<ClusterPaths, 'pki'>): Promise<Pki> =>
  createPki(pkiFiles(paths.pki), { clock: realClock, random: realRandom });

const adminOf = (pki: Pki): Promise<KeyPair> => pki.client('admin', 'kubernetes-admin', ['system:masters']);

export interface NodeCertificates {
  /** The kubelet's server on port 10250. */
  serving: KeyPair;
  /** `system:node:NAME`, as which the kubelet asks the API. */
  kubelet: KeyPair;
  /** `system:kube-proxy`, as which proxy, routes and DNS ask the API. */
  proxy: KeyPair;
}

export interface ServerCertificates {
  serving: KeyPair;
  /** As which the API server asks kubelets. */
  kubeletClient: KeyPair;
}

/** What a server process needs; made where missing. */
export const serverCertificates = async (pki: Pki, apiAddress: string): Promise<ServerCertificates> => {
  const names = apiServerNames([addressPlan.apiService], { addresses: [apiAddress] });
  const [serving, kubeletClient] = await Promise.all([
    pki.serving('apiserver', names),
    pki.client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', ['system:masters']),
  ]);
  return { serving, kubeletClient };
};

/** What the agent of a node needs; made where missing. */
export const nodeCertificates = async (
  pki: Pki,
  node: { name: string; address: string },
): Promise<NodeCertificates> => {
  const [serving, kubelet, proxy] = await Promise.all([
    pki.serving(`${node.name}-kubelet`, { dnsNames: [node.name], addresses: [node.address] }),
    pki.client(`${node.name}-kubelet-client`, `system:node:${node.name}`, ['system:nodes']),
    pki.client(`${node.name}-proxy`, 'system:kube-proxy', ['system:node-proxiers']),
  ]);
  return { serving, kubelet, proxy };
};

/** Makes all certificates that the cluster's processes and its user need, where they are not there yet or run out. */
export async function ensurePki(paths: ClusterPaths, layout: Layout): Promise<void> {
  const pki = await openPki(paths);
  await Promise.all([
    adminOf(pki),
    serverCertificates(pki, layout.apiAddress),
    ...layout.nodes.map(node => nodeCertificates(pki, node)),
  ]);
}

/** How the user reaches the cluster: as its administrator, over the port on the host's loopback. */
export async function userAccess(paths: ClusterPaths, description: ClusterDescription): Promise<Access> {
  const pki = await openPki(paths);
  const admin = await adminOf(pki);
  return {
    context: contextName(description.name),
    server: `https://127.0.0.1:${description.apiPort}`,
    authority: pki.caCertificate,
    certificate: admin.certificate,
    key: admin.key,
  };
}

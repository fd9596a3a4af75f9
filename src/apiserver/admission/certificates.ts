// Who may approve, sign and ask for certificates (upstream plugin/pkg/admission/certificates).
import type { V1CertificateSigningRequest } from '../../api/generated/types.ts';
import { equal } from '../../machinery/equality.ts';
import type { AdmissionPlugin, AdmissionRequest, Attributes, Authorizer } from '../contracts.ts';
import { loadX509 } from '../pki/x509.ts';
import { isFor, refuse } from './refuse.ts';

const group = 'certificates.k8s.io';
const resource = 'certificatesigningrequests';

/** Permission is given for one signer by name, or for all of a domain (`example.org/*`). */
async function maySign(
  authorizer: Authorizer,
  { user }: AdmissionRequest,
  verb: string,
  signer: string,
): Promise<boolean> {
  const attributes: Attributes = {
    user,
    verb,
    group,
    version: '*',
    resource: 'signers',
    subresource: '',
    namespace: '',
    name: signer,
    path: '',
    isResource: true,
  };
  if ((await authorizer(attributes)).allowed) return true;
  const wildcard = `${signer.slice(0, signer.indexOf('/'))}/*`;
  return (await authorizer({ ...attributes, name: wildcard })).allowed;
}

export const certificateApproval = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateApproval',
  async validate(request) {
    if (request.operation !== 'UPDATE' || !isFor(request, group, resource, 'approval')) return;
    const signer = (request.object as V1CertificateSigningRequest).spec.signerName ?? '';
    if (!(await maySign(authorizer, request, 'approve', signer)))
      throw refuse(
        request,
        `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`,
      );
  },
});

export const certificateSigning = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateSigning',
  async validate(request) {
    if (request.operation !== 'UPDATE' || !isFor(request, group, resource, 'status')) return;
    const next = request.object as V1CertificateSigningRequest;
    const old = request.old as V1CertificateSigningRequest;
    const failed = (each: V1CertificateSigningRequest) =>
      (each.status?.conditions ?? []).filter(({ type }) => type === 'Failed');
    if (next.status?.certificate === old.status?.certificate && equal(failed(next), failed(old))) return;
    const signer = old.spec.signerName ?? '';
    if (!(await maySign(authorizer, request, 'sign', signer)))
      throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
});

/** Organizations that a certificate request names; `request` is base64 of PEM. Throws for what is no such request. */
export async function organizationsOf(request: string): Promise<string[]> {
  const { Pkcs10CertificateRequest } = await loadX509();
  return new Pkcs10CertificateRequest(atob(request)).subjectName.getField('O');
}

/** Nobody becomes a master by a certificate. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  async validate(request) {
    if (request.operation !== 'CREATE' || !isFor(request, group, resource)) return;
    const { signerName, request: asked } = (request.object as V1CertificateSigningRequest).spec;
    if (signerName !== 'kubernetes.io/kube-apiserver-client') return;
    const organizations = await organizationsOf(asked ?? '').catch((error: Error) => {
      throw refuse(request, `failed to parse CSR: ${error.message}`);
    });
    if (organizations.includes('system:masters')) {
      throw refuse(
        request,
        'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
      );
    }
  },
};

import type { Authenticator } from '../contracts.ts';
import { withAuthenticated } from './groups.ts';

/** The certificate's common name is the user, its organizations are the groups; the TLS layer has verified it. */
export const certificateAuthenticator: Authenticator = async ({ certificate }) =>
  certificate?.commonName
    ? withAuthenticated({ name: certificate.commonName, groups: [...certificate.organizations] })
    : undefined;

/** What a user reaches a cluster with: an entry of a kubeconfig. */
export interface Access {
  /** Name of context, cluster and user. */
  context: string;
  server: string;
  /** PEM texts. */
  authority: string;
  certificate: string;
  key: string;
}

/** `tsukube` for the cluster of that name, `tsukube-NAME` for others. */
export const contextName = (cluster: string): string =>
  cluster === 'tsukube' ? cluster : `tsukube-${cluster}`;

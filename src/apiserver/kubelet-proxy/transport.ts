/** How the server reaches kubelets, pods and services; the adapter is transport.node.ts. */
export interface Transport {
  request(request: {
    target: Target;
    method: string;
    headers: Record<string, string>;
    body?: Uint8Array;
    signal: AbortSignal;
  }): Promise<{
    status: number;
    headers: Record<string, string | string[]>;
    body: AsyncIterable<Uint8Array>;
  }>;
}

/** Where a connection goes on. */
export interface Target {
  /** `kubelet` is TLS with the server's own client certificate; `https` is TLS without one, and unverified. */
  scheme: 'kubelet' | 'http' | 'https';
  host: string;
  port: number;
  /** Path and query. */
  path: string;
}

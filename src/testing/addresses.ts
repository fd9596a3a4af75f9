// The address plan of simulated clusters. Nothing is ever sent to these addresses.

/** Of the API server, as nodes and Pods are told it. */
export const apiAddress = { address: '172.18.0.1', port: 6443 };

/** 10.244.0.0/24 and up; beyond 10.255 it goes on at 10.0, so that 27,648 nodes stay clear of the Services' 10.96.0.0/16. */
export const podCidr = (index: number): string => `10.${(244 + (index >> 8)) % 256}.${index & 255}.0/24`;

export const nodeAddress = (index: number): string => {
  const host = index + 2;
  return `172.${18 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`;
};

import type { V1Pod, V1Service } from '../../api/generated/types.ts';
import type { ComponentContext } from '../../client/component.ts';
import type { Informer } from '../../client/informer.ts';
import type { Stored } from '../../machinery/object.ts';
import type { PodFacts } from '../container/field-ref.ts';
import type { NodeEvents, PodEvents } from '../events.ts';
import type { ImagePuller } from '../images/image-puller.ts';
import type { KubeletOptions, MachineFacts } from '../options.ts';
import type { ProbeActions } from '../probes/actions.ts';
import type { Probes } from '../probes/probes.ts';
import type { PodReferences } from '../references.ts';
import type { DnsSettings } from '../runtime.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import type { PodTokens } from '../volumes/tokens.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { StartBackoff } from './backoff.ts';
import type { Observer } from './observe.ts';

/** What all Pods of this node share. */
export interface Core {
  context: ComponentContext;
  options: KubeletOptions;
  /** The prefix of container ids: `containerd`. */
  runtimeName: string;
  facts: MachineFacts;
  events: PodEvents & NodeEvents;
  services: Informer<V1Service>;
  references: PodReferences;
  volumes: Volumes;
  tokens: PodTokens;
  puller: ImagePuller;
  probes: Probes;
  probeActions: ProbeActions;
  backoff: StartBackoff;
  observer: Observer;
  statuses: StatusWriter;
  /** The node's resolv.conf, as it is now. */
  hostDns(): Promise<DnsSettings>;
  /** The node's /etc/hosts, for Pods in its network. */
  hostHosts(): Promise<string>;
  allocatable(): Record<string, string>;
}

export const podFacts = (core: Core, pod: Stored<V1Pod>, podIPs: string[]): PodFacts => ({
  podIPs: pod.spec?.hostNetwork ? core.options.nodeIPs : podIPs,
  hostIPs: core.options.nodeIPs,
  allocatable: core.allocatable(),
});

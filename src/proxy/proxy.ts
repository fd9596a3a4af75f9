// kube-proxy: watches Services, EndpointSlices and its Node, and makes virtual IPs true on this node (upstream: pkg/proxy, cmd/kube-proxy).
// Sources (what changed) -> model (what should be reachable) -> mode (planner, executor), once a family.
import type { ComponentContext } from '../client/component.ts';
import { type Sysctls, setConntrackSysctls } from './conntrack-sysctls.ts';
import type { Execute } from './execute.ts';
import { FamilyProxy, type World } from './family-proxy.ts';
import { type HealthReport, ProxyHealth } from './health.ts';
import { HealthCheckPorts, type OpenHealthPort } from './health-check-ports.ts';
import { proxyMetrics } from './metrics.ts';
import type { Family } from './model/types.ts';
import { type ModeName, modes } from './modes/all.ts';
import type { ModeContext, ModeKind } from './modes/mode.ts';
import { modeSettings } from './settings.ts';
import { Sources } from './sources.ts';
import { Syncer } from './syncer.ts';

export interface ProxyOptions {
  nodeName: string;
  mode: ModeName;
  /** Pods' CIDRs; empty means the node's own `spec.podCIDRs`. */
  clusterCidrs: string[];
  /** CIDRs, `primary` or `all`; empty means `primary`, as upstream's nftables mode. */
  nodePortAddresses: string[];
  masqueradeAll?: boolean;
  /** How often everything is rewritten, to heal what others changed. Default 30,000; longer when a rewrite takes long. */
  syncPeriodMs?: number;
  /** Least time between syncs; the first after a quiet time is immediate. Default 5. */
  minSyncPeriodMs?: number;
  execute: Execute;
  /** Serves healthCheckNodePorts; without it none are opened. */
  openHealthPort?: OpenHealthPort;
  /** Where upstream's conntrack limits are set at the start, and for how many cores; without it they are left alone. */
  conntrack?: { sysctls: Sysctls; cores: number };
}

export interface RunningProxy extends AsyncDisposable {
  /** Resolves when the kernel first holds all that the informers know. */
  readonly whenSynced: Promise<void>;
  healthz(): HealthReport;
  livez(): HealthReport;
  /** Stops, and removes every rule. Disposing alone keeps the rules: connections live on without a proxy. */
  cleanup(): Promise<void>;
}

const families: Family[] = ['ipv4', 'ipv6'];
/** The families that this machine can do; throws the first family's reason when there is none. */
async function supportedFamilies(kind: ModeKind, context: ModeContext): Promise<Family[]> {
  const results = await Promise.allSettled(families.map(family => kind.check(context, family)));
  const able = families.filter((_, index) => results[index]?.status === 'fulfilled');
  const refused = results.find(result => result.status === 'rejected');
  if (able.length === 0 && refused) throw refused.reason;
  if (refused) context.logger.info('one family only', { families: able, reason: refused.reason });
  return able;
}

/** Removes every rule that a mode ever made; quiet when there is nothing. */
export async function cleanupProxy(mode: ModeName, context: ModeContext): Promise<void> {
  for (const family of families) await modes[mode].cleanup(context, family);
}

/** Starts the proxy of one node; throws when the kernel lacks what the mode needs. */
export async function startProxy(context: ComponentContext, options: ProxyOptions): Promise<RunningProxy> {
  const { clock, informers } = context;
  const logger = context.logger.child('proxy');
  const { execute, mode, syncPeriodMs = 30_000, minSyncPeriodMs = 5, openHealthPort } = options;
  const modeContext: ModeContext = { execute, clock, logger: logger.child(mode) };
  const kind: ModeKind = modes[mode];
  const able = await supportedFamilies(kind, modeContext);
  if (options.conntrack)
    await setConntrackSysctls(options.conntrack.sysctls, options.conntrack.cores, (name, error) =>
      logger.info('a sysctl was left as it is', { name, error: String(error) }),
    );
  const health = new ProxyHealth(clock, 2 * syncPeriodMs);
  const healthPorts =
    openHealthPort &&
    new HealthCheckPorts(
      openHealthPort,
      () => health.fresh,
      (check, error) =>
        logger.error('a health check port could not be opened', { ...check, error: String(error) }),
    );
  const syncer = new Syncer({
    ...{ clock, logger, health, healthPorts, syncPeriodMs, minSyncPeriodMs },
    metrics: proxyMetrics(context.metrics),
    proxies: able.map(family => new FamilyProxy(family, kind.create(modeContext, family), modeContext)),
    world: (sources, family) => worldOf(sources, family, options),
  });
  const sources = new Sources(informers, options.nodeName, {
    service: () => syncer.changed('service'),
    slice: () => syncer.changed('endpoint'),
    everything: () => syncer.everything(),
  });
  const stop = new AbortController();
  sources.whenSynced(stop.signal).then(
    () => syncer.start(sources),
    () => {},
  );

  const dispose = async (): Promise<void> => {
    stop.abort(new Error('the proxy was stopped'));
    sources[Symbol.dispose]();
    await syncer[Symbol.asyncDispose]();
    await healthPorts?.[Symbol.asyncDispose]();
  };
  return {
    whenSynced: syncer.whenSynced,
    healthz: () => health.healthz(),
    livez: () => health.livez(),
    [Symbol.asyncDispose]: dispose,
    async cleanup() {
      await dispose();
      await cleanupProxy(mode, modeContext);
    },
  };
}

const worldOf = (sources: Sources, family: Family, options: ProxyOptions): World => ({
  node: sources.node,
  settings: modeSettings(
    {
      clusterCIDRs: options.clusterCidrs,
      nodePortAddresses: options.nodePortAddresses,
      masqueradeAll: options.masqueradeAll ?? false,
      serviceCIDRs: sources.serviceCIDRs(),
    },
    sources.node,
    family,
  ),
  ports: service => sources.ports(service, family),
  services: () => sources.serviceKeys(),
});

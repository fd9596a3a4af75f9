import type { Metrics } from '../machinery/metrics.ts';

const exponential = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => start * factor ** index);
const linear = (start: number, width: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => start + width * index);

/** Names, labels and buckets are upstream's (pkg/proxy/metrics). */
export function proxyMetrics(metrics: Metrics) {
  const family = ['ip_family'];
  const sync = exponential(0.001, 2, 15);
  const name = (rest: string): string => `kubeproxy_${rest}`;
  return {
    sync: metrics.histogram(
      name('sync_proxy_rules_duration_seconds'),
      'SyncProxyRules latency in seconds',
      family,
      sync,
    ),
    fullSync: metrics.histogram(
      name('sync_full_proxy_rules_duration_seconds'),
      'SyncProxyRules latency in seconds for full resyncs',
      family,
      sync,
    ),
    partialSync: metrics.histogram(
      name('sync_partial_proxy_rules_duration_seconds'),
      'SyncProxyRules latency in seconds for partial resyncs',
      family,
      sync,
    ),
    lastSync: metrics.gauge(
      name('sync_proxy_rules_last_timestamp_seconds'),
      'The last time proxy rules were successfully synced',
      family,
    ),
    lastQueued: metrics.gauge(
      name('sync_proxy_rules_last_queued_timestamp_seconds'),
      'The last time a sync of proxy rules was queued',
      family,
    ),
    programming: metrics.histogram(
      name('network_programming_duration_seconds'),
      'In Cluster Network Programming Latency in seconds',
      family,
      [0, ...linear(0.25, 0.25, 2), ...linear(1, 1, 59), ...linear(60, 5, 12), ...linear(120, 30, 7)],
    ),
    serviceChanges: metrics.counter(
      name('sync_proxy_rules_service_changes_total'),
      'Cumulative proxy rules Service changes',
      family,
    ),
    endpointChanges: metrics.counter(
      name('sync_proxy_rules_endpoint_changes_total'),
      'Cumulative proxy rules Endpoint changes',
      family,
    ),
    changesPending: {
      service: metrics.gauge(
        name('sync_proxy_rules_service_changes_pending'),
        'Pending proxy rules Service changes',
        family,
      ),
      endpoint: metrics.gauge(
        name('sync_proxy_rules_endpoint_changes_pending'),
        'Pending proxy rules Endpoint changes',
        family,
      ),
    },
    failures: metrics.counter(
      name('sync_proxy_rules_nftables_sync_failures_total'),
      'Cumulative proxy nftables sync failures',
      family,
    ),
    staleFlows: metrics.counter(
      name('conntrack_reconciler_deleted_entries_total'),
      'Cumulative conntrack flows deleted by conntrack reconciler',
      family,
    ),
  };
}

export type ProxyMetrics = ReturnType<typeof proxyMetrics>;

export const familyLabel = (family: 'ipv4' | 'ipv6'): { ip_family: string } => ({
  ip_family: family === 'ipv4' ? 'IPv4' : 'IPv6',
});

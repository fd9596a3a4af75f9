// What coredns tells of itself, under coredns' names.
import type { Clock, Timer } from '../machinery/clock.ts';
import type { Metrics } from '../machinery/metrics.ts';
import { rcodeName, typeName } from './message.ts';
import type { Upstream } from './resolv-conf.ts';

export interface Served {
  protocol: 'udp' | 'tcp';
  ipv6: boolean;
  /** `cluster.local.`, `in-addr.arpa.`, `.`, or `dropped` for what was no query. */
  zone: string;
  type: number;
  rcode: number;
  requestSize: number;
  responseSize: number;
  seconds: number;
  plugin: 'kubernetes' | 'forward';
}

export interface DnsMetrics {
  served(request: Served): void;
  forwarded(upstream: Upstream, rcode: number, seconds: number): void;
  cached(hit: boolean, entries: number): void;
  /** Too many forwarded queries at once. */
  rejected(): void;
  panicked(): void;
  /** Writes what is still counted here. */
  flush(): void;
}

const seconds = [
  0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096,
  8.192,
];
const sizes = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16000, 32000, 48000, 64000];
/** Counters are written this often: labels cost more than an answer does. */
const flushMs = 500;

export function createDnsMetrics(metrics: Metrics, clock: Clock, port: number): DnsMetrics {
  const server = { server: `dns://:${port}`, view: '' };
  const perZone = ['server', 'zone', 'view'];
  const perProtocol = [...perZone, 'proto'];
  const requests = metrics.counter(
    'coredns_dns_requests_total',
    'Counter of DNS requests made per zone, protocol and family.',
    [...perProtocol, 'family', 'type'],
  );
  const responses = metrics.counter('coredns_dns_responses_total', 'Counter of response status codes.', [
    ...perZone,
    'rcode',
    'plugin',
  ]);
  const durations = metrics.histogram(
    'coredns_dns_request_duration_seconds',
    'Histogram of the time (in seconds) each request took per zone.',
    perZone,
    seconds,
  );
  const requestSizes = metrics.histogram(
    'coredns_dns_request_size_bytes',
    'Size of the EDNS0 UDP buffer in bytes (64K for TCP) per zone and protocol.',
    perProtocol,
    sizes,
  );
  const responseSizes = metrics.histogram(
    'coredns_dns_response_size_bytes',
    'Size of the returned response in bytes.',
    perProtocol,
    sizes,
  );
  const panics = metrics.counter('coredns_panics_total', 'A metrics that counts the number of panics.');
  const cacheLabels = ['server', 'zones', 'view'];
  const hits = metrics.counter('coredns_cache_hits_total', 'The count of cache hits.', [
    ...cacheLabels,
    'type',
  ]);
  const misses = metrics.counter('coredns_cache_misses_total', 'The count of cache misses.', cacheLabels);
  const entries = metrics.gauge('coredns_cache_entries', 'The number of elements in the cache.', [
    ...cacheLabels,
    'type',
  ]);
  const rejects = metrics.counter(
    'coredns_forward_max_concurrent_rejects_total',
    'Counter of the number of queries rejected because the concurrent queries were at maximum.',
  );
  const upstreamSeconds = metrics.histogram(
    'coredns_proxy_request_duration_seconds',
    'Histogram of the time each request took.',
    ['proxy_name', 'to', 'rcode'],
    seconds,
  );

  const counted = new Map<string, { count: number; write(count: number): void }>();
  let waiting: Timer | undefined;
  const flush = (): void => {
    waiting?.cancel();
    waiting = undefined;
    for (const each of counted.values()) {
      if (each.count > 0) each.write(each.count);
      each.count = 0;
    }
  };
  const count = (key: string, write: () => (count: number) => void): void => {
    let each = counted.get(key);
    if (!each) counted.set(key, (each = { count: 0, write: write() }));
    each.count++;
    waiting ??= clock.timer(flushMs, flush);
  };
  let cacheEntries = -1;

  return {
    served(request) {
      const { protocol, ipv6, type, rcode, plugin } = request;
      const zone = { ...server, zone: request.zone };
      count(`q${protocol}${ipv6}${type}${request.zone}`, () => {
        const labels = { ...zone, proto: protocol, family: ipv6 ? '2' : '1', type: typeName(type) };
        return n => requests.add(n, labels);
      });
      count(`r${rcode}${plugin}${request.zone}`, () => {
        const labels = { ...zone, rcode: rcodeName(rcode), plugin };
        return n => responses.add(n, labels);
      });
      const withProtocol = { ...zone, proto: protocol };
      durations.observe(request.seconds, zone);
      requestSizes.observe(request.requestSize, withProtocol);
      responseSizes.observe(request.responseSize, withProtocol);
    },
    forwarded: ({ address, port: to }, rcode, took) =>
      upstreamSeconds.observe(took, {
        proxy_name: 'forward',
        to: `${address}:${to}`,
        rcode: rcodeName(rcode),
      }),
    cached(hit, size) {
      const labels = { ...server, zones: '.' };
      count(
        hit ? 'hit' : 'miss',
        () => n => (hit ? hits.add(n, { ...labels, type: 'success' }) : misses.add(n, labels)),
      );
      if (size === cacheEntries) return;
      cacheEntries = size;
      entries.set(size, { ...labels, type: 'success' });
    },
    rejected: () => rejects.add(),
    panicked: () => panics.add(),
    flush,
  };
}

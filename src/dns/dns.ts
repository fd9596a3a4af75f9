// The cluster DNS server of one node. It answers on addresses that are local to the node, so that queries never leave it.
import type { ComponentContext } from '../client/component.ts';
import { networkExchange } from './exchange.node.ts';
import { followCluster } from './follow.ts';
import { createForwarder } from './forward.ts';
import { createDnsMetrics } from './metrics.ts';
import { ClusterRecords } from './records.ts';
import { parseUpstream } from './resolv-conf.ts';
import { createHandler } from './server.ts';
import { listenTcp } from './tcp.node.ts';
import { listenUdp } from './udp.node.ts';
import type { Zone } from './zone.ts';

export interface DnsOptions {
  /** Where to answer, UDP and TCP: the kube-dns Service's cluster IP, made local before. */
  addresses: string[];
  /** 53; 0 takes a free one, the same for UDP and TCP. */
  port: number;
  /** `cluster.local`. */
  clusterDomain: string;
  /** Resolvers for all other names: `1.1.1.1`, `1.1.1.1:53`, `[fd00::1]:53`; see `upstreamsFrom` in resolv-conf.ts. */
  upstreams: string[];
}

/**
 * Answers as soon as it resolves; until the caches are full, names that are not known yet get SERVFAIL and are asked for again.
 * Rejects where an address cannot be bound (nothing stays bound then). Disposing ends it; the informers belong to the context.
 */
export async function startDns(
  context: ComponentContext,
  options: DnsOptions,
): Promise<AsyncDisposable & { port: number }> {
  const { clock, random, informers } = context;
  const logger = context.logger.child('dns');
  const metrics = createDnsMetrics(context.metrics, clock, options.port);
  const records = new ClusterRecords();
  const following = followCluster(informers, records);
  const upstreams = options.upstreams
    .map(parseUpstream)
    .filter(({ address, port }) => !(port === options.port && options.addresses.includes(address)));
  const forwarder = createForwarder({
    upstreams,
    exchange: networkExchange(clock),
    clock,
    random,
    logger,
    metrics,
  });
  const zone: Zone = {
    records,
    domain: options.clusterDomain.toLowerCase().replace(/\.$/, ''),
    addresses: options.addresses,
    synced: following.synced,
    serial: serialOf(records, () => clock.now()),
  };
  const handler = createHandler({ zone, forwarder, clock, logger, metrics });
  const onError = (error: Error): void => logger.debug('a reply could not be sent', { error });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => {
    following.stop();
    metrics.flush();
  });
  let { port } = options;
  for (const address of options.addresses) {
    const udp = stack.use(await listenUdp(address, port, handler, onError));
    ({ port } = udp);
    stack.use(await listenTcp(address, port, handler));
  }
  logger.info('answering', { addresses: options.addresses, port, upstreams: upstreams.length });
  const all = stack.move();
  return { port, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The second of the last change, as upstream's serial numbers. */
function serialOf(records: ClusterRecords, now: () => number): () => number {
  let generation = -1;
  let serial = 0;
  return () => {
    if (generation !== records.generation) {
      generation = records.generation;
      serial = Math.floor(now() / 1000);
    }
    return serial;
  };
}

// Virtual IPs of a cluster: the ranges of its ServiceCIDRs, and an IPAddress object for each address in use.
import { ipaddresses, servicecidrs } from '../../api/generated/resources/networking.k8s.io.v1.ts';
import type { V1IPAddress, V1Service, V1ServiceCIDR } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import type { Random } from '../../machinery/random.ts';
import { isAlreadyExists, isNotFound } from '../../machinery/status-error.ts';
import { internalError } from '../../machinery/status-errors.ts';
import { type AddressPool, createAddressPool } from './address-pool.ts';
import { contains, type Family, familyOf, formatAddress, parseAddress, parseRange } from './ip.ts';

const managedBy = 'ipallocator.k8s.io';

export interface Addresses {
  /** Families with a range, the default one first. */
  readonly families: readonly Family[];
  /** Marks an address of a stored Service. */
  adopt(address: string): void;
  /** Throws an Error with upstream's words where it may not be had. */
  take(address: string, service: V1Service, dryRun: boolean): Promise<void>;
  /** Any free one of the family. Throws InternalError when there is none. */
  takeAny(family: Family, service: V1Service, dryRun: boolean): Promise<string>;
  release(address: string): Promise<void>;
  /** Makes the IPAddress objects what the stored Services say. */
  repair(services: readonly V1Service[]): Promise<void>;
}

const objectOf = (address: string, { metadata }: V1Service): V1IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: {
    name: address,
    labels: {
      'ipaddress.kubernetes.io/ip-family': familyOf(address),
      'ipaddress.kubernetes.io/managed-by': managedBy,
    },
  },
  spec: {
    parentRef: {
      group: '',
      resource: 'services',
      namespace: metadata?.namespace,
      name: metadata?.name ?? '',
    },
  },
});

/** The range that an address lies in may only be used while its ServiceCIDR is ready and not on its way out. */
const isReady = ({ metadata, status }: V1ServiceCIDR): boolean =>
  !metadata?.deletionTimestamp &&
  status?.conditions?.find(condition => condition.type === 'Ready')?.status !== 'False';

export interface AddressesOptions {
  client: Client;
  informers: Informers;
  random: Random;
  /** Ranges that hold whatever ServiceCIDR objects say; the default family's first. */
  ranges: readonly string[];
}

export function createAddresses({ client, informers, random, ranges }: AddressesOptions): Addresses {
  const taken: Record<Family, Set<bigint>> = { IPv4: new Set(), IPv6: new Set() };
  const pools = new Map<string, AddressPool>();
  const poolOf = (text: string): AddressPool => {
    const known = pools.get(text);
    if (known) return known;
    const range = parseRange(text);
    const pool = createAddressPool(range, random, taken[range.family]);
    pools.set(text, pool);
    return pool;
  };
  const own = ranges.map(poolOf);
  const cidrs = informers.for(servicecidrs);

  /** Pools in use, the cluster's own first. */
  const usable = (family: Family): AddressPool[] => {
    const added = cidrs
      .list()
      .filter(isReady)
      .flatMap(cidr => cidr.spec?.cidrs ?? [])
      .filter(text => !ranges.includes(text))
      .map(poolOf);
    return [...own, ...added].filter(pool => pool.range.family === family);
  };
  const parse = (address: string): { family: Family; value: bigint } => {
    const value = parseAddress(address);
    if (value === undefined) throw new Error(`${address} is no IP address`);
    return { family: familyOf(address), value };
  };

  /** True when the object is now there for this Service; false when it belongs to someone else. */
  const claim = async (address: string, service: V1Service): Promise<boolean> => {
    const wanted = objectOf(address, service);
    try {
      await client.create(ipaddresses, wanted);
      return true;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const { spec } = await client.get(ipaddresses, address);
    // Left over from a write that was cut short.
    const { namespace, name } = wanted.spec!.parentRef!;
    return spec?.parentRef?.namespace === namespace && spec?.parentRef?.name === name;
  };
  const drop = async (address: string): Promise<void> => {
    try {
      await client.delete(ipaddresses, address);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  return {
    get families() {
      return [...new Set(own.map(pool => pool.range.family))];
    },
    adopt(address) {
      const value = parseAddress(address);
      if (value !== undefined) taken[familyOf(address)].add(value);
    },
    async take(address, service, dryRun) {
      const { family, value } = parse(address);
      const pool = usable(family).find(each => contains(each.range, value));
      if (!pool) throw new Error('the provided network does not match the current range');
      if (pool.has(value)) throw new Error('provided IP is already allocated');
      if (!pool.take(value)) {
        throw new Error(
          `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${pool.range.text}`,
        );
      }
      if (dryRun) return pool.release(value);
      try {
        if (await claim(address, service)) return;
      } catch (error) {
        pool.release(value);
        throw error;
      }
      throw new Error('provided IP is already allocated');
    },
    async takeAny(family, service, dryRun) {
      for (const pool of usable(family)) {
        if (dryRun) {
          const free = pool.peek();
          if (free !== undefined) return formatAddress(free, family);
          continue;
        }
        for (let value = pool.takeAny(); value !== undefined; value = pool.takeAny()) {
          const address = formatAddress(value, family);
          try {
            if (await claim(address, service)) return address;
          } catch (error) {
            pool.release(value);
            throw error;
          }
        }
      }
      throw internalError('failed to allocate a serviceIP: range is full');
    },
    async release(address) {
      await drop(address);
      const { family, value } = parse(address);
      taken[family].delete(value);
    },
    async repair(services) {
      const held = new Map<string, V1Service>();
      for (const service of services) {
        for (const address of service.spec?.clusterIPs ?? [])
          if (parseAddress(address) !== undefined) held.set(address, service);
      }
      const { items } = await client.list(ipaddresses, {
        labelSelector: `ipaddress.kubernetes.io/managed-by=${managedBy}`,
      });
      const known = new Set(items.map(item => item.metadata.name));
      const missing = [...held].filter(([address]) => !known.has(address));
      const orphans = items.filter(item => {
        const service = held.get(item.metadata.name);
        if (!service)
          return !taken[familyOf(item.metadata.name)].has(parseAddress(item.metadata.name) ?? -1n);
        return false;
      });
      await Promise.all([
        ...missing.map(([address, service]) => claim(address, service)),
        ...orphans.map(item => drop(item.metadata.name)),
      ]);
    },
  };
}

// What a Service takes from the cluster when it is written: virtual IPs and node ports. What is taken is derived from the stored Services.
import { services } from '../../api/generated/resources/core.v1.ts';
import type { V1Service } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { StatusError } from '../../machinery/status-error.ts';
import type { Reservation, StorageHook } from '../contracts.ts';
import type { Addresses } from './addresses.ts';
import { chooseFamilies, invalidField, invalidService, keepsFamilies } from './families.ts';
import type { Family } from './ip.ts';
import { portsOf, takePorts } from './node-ports.ts';
import type { PortPool } from './port-pool.ts';
import { isHeadless, needsClusterIp, prepareService } from './service-fields.ts';

export interface ServiceAllocation extends StorageHook {
  /** Learns what stored Services hold; done once, before the first write. */
  ready(): Promise<void>;
}

interface AddressChanges {
  taken: string[];
  given: string[];
}

const addressesOf = ({ spec }: V1Service): string[] =>
  (spec?.clusterIPs ?? []).filter(address => address !== '' && address !== 'None');

export function createServiceAllocation(
  client: Client,
  addresses: Addresses,
  ports: PortPool,
): ServiceAllocation {
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const { items } = await client.list(services);
    for (const service of items) {
      for (const address of addressesOf(service)) addresses.adopt(address);
      for (const port of portsOf(service)) ports.take(port);
    }
  };
  const ready = (): Promise<void> =>
    (loading ??= load().catch(error => {
      loading = undefined;
      throw error;
    }));

  const takeAddresses = async (
    service: V1Service,
    old: V1Service | undefined,
    dryRun: boolean,
  ): Promise<AddressChanges> => {
    const spec = service.spec!;
    const before = old ? addressesOf(old) : [];
    if (!needsClusterIp(spec)) return { taken: [], given: before };
    if (isHeadless(spec) || (old && keepsFamilies(spec, old.spec))) return { taken: [], given: [] };
    const taken: string[] = [];
    const list = [...(spec.clusterIPs ?? [])];
    try {
      for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
        const asked = list[i];
        if (asked && before.includes(asked)) continue;
        list[i] = asked
          ? await takeAsked(service, asked, dryRun)
          : await addresses.takeAny(family as Family, service, dryRun);
        if (!dryRun) taken.push(list[i]);
      }
    } catch (error) {
      for (const address of taken) await addresses.release(address);
      throw error;
    }
    spec.clusterIPs = list;
    spec.clusterIP = list[0];
    return { taken, given: before.filter(address => !list.includes(address)) };
  };

  const takeAsked = async (service: V1Service, address: string, dryRun: boolean): Promise<string> => {
    try {
      await addresses.take(address, service, dryRun);
      return address;
    } catch (error) {
      if (error instanceof StatusError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw invalidService(service, [
        invalidField('spec.clusterIPs', service.spec!.clusterIPs, `failed to allocate IP ${address}: ${why}`),
      ]);
    }
  };

  const begin = async (
    service: V1Service,
    old: V1Service | undefined,
    dryRun: boolean,
  ): Promise<Reservation | undefined> => {
    if (!service.spec) return undefined;
    await ready();
    chooseFamilies(service, old, addresses.families);
    const ips = await takeAddresses(service, old, dryRun);
    let numbers: ReturnType<typeof takePorts>;
    try {
      numbers = takePorts(ports, service, old);
    } catch (error) {
      for (const address of ips.taken) await addresses.release(address);
      throw error;
    }
    if (dryRun) {
      for (const port of numbers.taken) ports.release(port);
      return undefined;
    }
    const release = async (givenAddresses: string[], givenPorts: number[]): Promise<void> => {
      for (const port of givenPorts) ports.release(port);
      for (const address of givenAddresses) await addresses.release(address);
    };
    return {
      commit: () => release(ips.given, numbers.given),
      rollback: () => release(ips.taken, numbers.taken),
    };
  };

  return {
    group: '',
    resource: 'services',
    ready,
    async beginCreate(object: KubeObject, dryRun) {
      prepareService(object as V1Service, undefined);
      return begin(object as V1Service, undefined, dryRun);
    },
    async beginUpdate(object: KubeObject, old: KubeObject, dryRun) {
      prepareService(object as V1Service, old as V1Service);
      return begin(object as V1Service, old as V1Service, dryRun);
    },
    async afterDelete(object: KubeObject) {
      await ready();
      const service = object as V1Service;
      for (const port of portsOf(service)) ports.release(port);
      for (const address of addressesOf(service)) await addresses.release(address);
    },
  };
}

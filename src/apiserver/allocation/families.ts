// IP families of a Service: chosen, inferred or refused (upstream pkg/registry/core/service/storage/alloc.go).
import type { V1Service, V1ServiceSpec, V1StatusCause } from '../../api/generated/types.ts';
import { equal } from '../../machinery/equality.ts';
import { invalid } from '../../machinery/status-errors.ts';
import { type Family, familyOf } from './ip.ts';
import { isHeadless } from './service-fields.ts';

export const invalidService = (service: V1Service, causes: V1StatusCause[]) =>
  invalid({ group: '', kind: 'Service' }, service.metadata?.name ?? '', causes);

export const invalidField = (field: string, value: unknown, why: string): V1StatusCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});

const other = (family: Family): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4');

/** True where an update of a PreferDualStack Service touches none of this: then nothing is added or taken away. */
export function keepsFamilies(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): boolean {
  return (
    old !== undefined &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    old.ipFamilyPolicy === 'PreferDualStack' &&
    equal(spec.clusterIPs ?? [], old.clusterIPs ?? []) &&
    equal(spec.ipFamilies ?? [], old.ipFamilies ?? [])
  );
}

function choosePolicy(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): void {
  if (spec.ipFamilyPolicy) return;
  const free = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy = old?.ipFamilyPolicy ?? (free ? 'RequireDualStack' : 'SingleStack');
}

/** Takes back a second address or family, or says why it may not be taken back. */
function reduce(spec: V1ServiceSpec, old: V1ServiceSpec): V1StatusCause[] {
  const policy = spec.ipFamilyPolicy;
  if (policy === 'SingleStack') {
    if (equal(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1)
      spec.clusterIPs = spec.clusterIPs?.slice(0, 1);
    if (equal(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1)
      spec.ipFamilies = spec.ipFamilies?.slice(0, 1);
    return [];
  }
  const reduced = (now: string[] | undefined, before: string[] | undefined): boolean =>
    now?.length === 1 && before?.length === 2 && now[0] === before[0];
  const refuse = (what: string) =>
    invalidField('spec.ipFamilyPolicy', policy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(reduced(spec.clusterIPs, old.clusterIPs) ? [refuse('cluster IP')] : []),
    ...(reduced(spec.ipFamilies, old.ipFamilies) ? [refuse('IP family')] : []),
  ];
}

function inferFromAddresses(spec: V1ServiceSpec, configured: readonly Family[]): V1StatusCause[] {
  const causes: V1StatusCause[] = [];
  for (const [i, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === 'None') break;
    if (i < (spec.ipFamilies?.length ?? 0)) continue;
    const family = familyOf(address);
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      causes.push(
        invalidField(`spec.clusterIPs[${i}]`, spec.clusterIPs, `${family} is not configured on this cluster`),
      );
    }
  }
  return causes;
}

/** Fills in `ipFamilyPolicy` and `ipFamilies`; `configured` are the cluster's families, the default one first. Throws Invalid. */
export function chooseFamilies(
  service: V1Service,
  old: V1Service | undefined,
  configured: readonly Family[],
): void {
  const spec = service.spec!;
  if (spec.type === 'ExternalName' || keepsFamilies(spec, old?.spec)) return;
  choosePolicy(spec, old?.spec);
  const policy = spec.ipFamilyPolicy;
  const causes = old?.spec ? reduce(spec, old.spec) : [];
  if (policy === 'SingleStack') {
    const refuse = (what: string) =>
      invalidField(
        'spec.ipFamilyPolicy',
        policy,
        `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
      );
    if (spec.clusterIPs?.length === 2) causes.push(refuse('cluster IPs'));
    if (spec.ipFamilies?.length === 2) causes.push(refuse('IP families'));
  }
  causes.push(...inferFromAddresses(spec, configured));
  if (causes.length > 0) throw invalidService(service, causes);

  const addOther = (): void => {
    const [first] = spec.ipFamilies as Family[];
    if (first && spec.ipFamilies?.length === 1) spec.ipFamilies = [first, other(first)];
  };
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    if (!spec.ipFamilies?.length) spec.ipFamilies = [configured[0]!];
    if (policy !== 'SingleStack') addOther();
    return;
  }
  if (policy === 'RequireDualStack' && configured.length < 2) {
    causes.push(
      invalidField('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services'),
    );
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (!configured.includes(family as Family))
      causes.push(invalidField(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  }
  if (causes.length > 0) throw invalidService(service, causes);
  if (!spec.ipFamilies?.length) spec.ipFamilies = [configured[0]!];
  if (policy !== 'SingleStack' && configured.length === 2) addOther();
}

// Upstream's names of definitions (`io.k8s.api.core.v1.Pod`) for the client's model names (`V1Pod`), whose group is not in the name:
// a model belongs to the first group whose kinds lead to it, the core group before the others, which all use core's types.
import { type ResourceFacts, resourceList } from '../generated/resource-list.ts';
import { propertiesOf } from '../schema.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Models of meta/v1: no kind of a group owns them. */
const metaModels =
  `V1APIGroup V1APIGroupList V1APIResource V1APIResourceList V1APIVersions V1Condition V1DeleteOptions
  V1FieldSelectorRequirement V1GroupVersionForDiscovery V1LabelSelector V1LabelSelectorRequirement V1ListMeta
  V1ManagedFieldsEntry V1ObjectMeta V1OwnerReference V1Preconditions V1ServerAddressByClientCIDR V1ShardInfo V1Status V1StatusCause
  V1StatusDetails V1WatchEvent`.split(/\s+/);

/** Models of core/v1 that only kinds of other groups lead to. */
const coreModels = ['V1TopologySelectorTerm', 'V1TopologySelectorLabelRequirement'];

/** Groups whose package is not `io.k8s.api.<first label>`. */
const packages: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
};

/** `io.k8s.api.core.v1` for the core group's v1. */
export const packageOf = (group: string, version: string): string =>
  `${packages[group] ?? `io.k8s.api.${group.split('.')[0]}`}.${version}`;

/** Prefix of the client's names of models that several groups have. */
const groupPrefix =
  /^(?:(?:Admissionregistration|Apiextensions|Apiregistration|Authentication|Core|Discovery|Events|Flowcontrol|Rbac|Resource|Storage)(?=V\d))?V\d+/;

/** The kind within its package: `V1PodSpec` is `PodSpec`. */
export const shortName = (model: string): string => model.replace(groupPrefix, '');

/** The model that a property's type leads to, if any. */
export const modelIn = (type: string): string | undefined =>
  /V\d/.test(type) ? type.replace(/^[[{]+|[\]}]+$/g, '') : undefined;

/** Models of subresources that lie in another group than their parent. */
const strays: readonly (readonly [string, string, string])[] = [
  ['authentication.k8s.io', 'v1', 'AuthenticationV1TokenRequest'],
  ['policy', 'v1', 'V1Eviction'],
  ['autoscaling', 'v1', 'V1Scale'],
];

let names: Map<string, string> | undefined;

function build(): Map<string, string> {
  const result = new Map<string, string>();
  for (const model of metaModels) result.set(model, `${meta}.${shortName(model)}`);
  for (const model of coreModels) result.set(model, `${packageOf('', 'v1')}.${shortName(model)}`);
  result.set('VersionInfo', 'io.k8s.apimachinery.pkg.version.Info');
  result.set('V1MicroTime', `${meta}.MicroTime`);
  const visit = (model: string, name: string): void => {
    if (result.has(model)) return;
    result.set(model, `${name}.${shortName(model)}`);
    for (const { type } of propertiesOf(model)) {
      const next = modelIn(type);
      if (next) visit(next, name);
    }
  };
  const ordered: ResourceFacts[] = resourceList.toSorted(
    (a, b) => Number(a.group !== '') - Number(b.group !== ''),
  );
  const subresources = new Set(strays.map(([, , model]) => model));
  for (const { group, version, model, listModel, subresources: subs } of ordered) {
    const name = packageOf(group, version);
    visit(model, name);
    if (listModel) visit(listModel, name);
    for (const sub of Object.values(subs))
      if (sub.model && !subresources.has(sub.model)) visit(sub.model, name);
    if (group === '') continue;
    for (const [strayGroup, strayVersion, stray] of strays)
      if (strayGroup === group && strayVersion === version) visit(stray, name);
  }
  return result;
}

/** Every model that the served groups use, with its definition's name. */
export const definitionNames = (): ReadonlyMap<string, string> => (names ??= build());

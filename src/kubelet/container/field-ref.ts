import type { V1Container, V1Pod, V1ResourceFieldSelector } from '../../api/generated/types.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from '../../machinery/quantity.ts';

/** What the API does not tell of a Pod that is starting. */
export interface PodFacts {
  podIPs: string[];
  hostIPs: string[];
  /** Quantities by resource: what containers without a limit may use. */
  allocatable: Record<string, string>;
}

/** A string as Go's %q writes it; labels and annotations are told so in files. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const mapLines = (map: Record<string, string> | undefined): string =>
  Object.keys(map ?? {})
    .sort()
    .map(key => `${key}=${quoted(map![key]!)}`)
    .join('\n');

const subscript = /^metadata\.(annotations|labels)\['(.*)'\]$/;

/** The value of a downward API field; throws an Error for a field that has none. */
export function fieldValue(pod: V1Pod, path: string, facts: PodFacts): string {
  const entry = subscript.exec(path);
  if (entry) return pod.metadata?.[entry[1] as 'annotations' | 'labels']?.[entry[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name ?? '';
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata?.uid ?? '';
    case 'metadata.labels':
      return mapLines(pod.metadata?.labels);
    case 'metadata.annotations':
      return mapLines(pod.metadata?.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
      return facts.hostIPs[0] ?? '';
    case 'status.hostIPs':
      return facts.hostIPs.join(',');
    case 'status.podIP':
      return facts.podIPs[0] ?? '';
    case 'status.podIPs':
      return facts.podIPs.join(',');
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** A container's request or limit in units of the divisor, rounded up. */
export function resourceValue(
  container: V1Container,
  selector: V1ResourceFieldSelector,
  facts: PodFacts,
): string {
  const dot = selector.resource.indexOf('.');
  const kind = selector.resource.slice(0, dot);
  const resource = selector.resource.slice(dot + 1);
  const { limits, requests } = container.resources ?? {};
  const text =
    kind === 'limits'
      ? (limits?.[resource] ?? facts.allocatable[resource] ?? '0')
      : (requests?.[resource] ?? limits?.[resource] ?? '0');
  const quantity = parseQuantity(text);
  const divisor = parseQuantity(!selector.divisor || selector.divisor === '0' ? '1' : selector.divisor);
  if (resource === 'cpu')
    return String(Math.ceil(quantityMilliValue(quantity) / quantityMilliValue(divisor)));
  return String(Math.ceil(quantityValue(quantity) / quantityValue(divisor)));
}

import type { V1Pod } from '../../api/generated/types.ts';
import { badRequest } from '../../machinery/status-errors.ts';

const names = (containers: { name: string }[] | undefined): string =>
  `[${(containers ?? []).map(({ name }) => name).join(' ')}]`;

/** The container that a request is about; throws BadRequest where it must say which (upstream's validateContainer). */
export function containerOf(pod: V1Pod, asked: string | null): string {
  const { containers = [], initContainers, ephemeralContainers } = pod.spec ?? {};
  const podName = pod.metadata?.name ?? '';
  if (asked) {
    const all = [...containers, ...(initContainers ?? []), ...(ephemeralContainers ?? [])];
    if (all.some(({ name }) => name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  if (containers.length === 0) throw badRequest(`no container found in pod ${podName}`);
  if (containers.length === 1) return containers[0]!.name;
  let text = `a container name must be specified for pod ${podName}, choose one of: ${names(containers)}`;
  if (initContainers?.length) text += ` or one of the init containers: ${names(initContainers)}`;
  if (ephemeralContainers?.length)
    text += ` or one of the ephemeral containers: ${names(ephemeralContainers)}`;
  throw badRequest(text);
}

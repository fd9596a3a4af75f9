/** An image name that no registry could know. */
export class ImageNameError extends Error {
  override readonly name = 'ImageNameError';
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const reference = new RegExp(
  `^(?:(${domain})/)?(${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

export interface ImageName {
  /** `docker.io` where the name has none. */
  registry: string;
  /** `library/nginx` for `nginx`. */
  repository: string;
  tag: string | undefined;
  digest: string | undefined;
}

const dockerHub = 'docker.io';

/** The parts of a name, normalised as Docker's; throws ImageNameError. */
export function parseImageName(name: string): ImageName {
  const found = reference.exec(name);
  if (!found)
    throw new ImageNameError(
      `couldn't parse image name "${name}": ${
        name !== name.toLowerCase() && reference.test(name.toLowerCase())
          ? 'invalid reference format: repository name must be lowercase'
          : 'invalid reference format'
      }`,
    );
  let [, registry, repository, tag, digest] = found;
  // The first part is a registry only if it looks like a host.
  if (
    registry !== undefined &&
    !/[.:]/.test(registry) &&
    registry !== 'localhost' &&
    registry === registry.toLowerCase()
  ) {
    repository = `${registry}/${repository}`;
    registry = undefined;
  }
  if (registry === 'index.docker.io') registry = dockerHub;
  registry ??= dockerHub;
  if (registry === dockerHub && !repository!.includes('/')) repository = `library/${repository}`;
  return { registry, repository: repository!, tag, digest };
}

/** The name with `:latest` where it has neither tag nor digest, and otherwise as it was written; throws ImageNameError. */
export function withDefaultTag(name: string): string {
  const { tag, digest } = parseImageName(name);
  return tag === undefined && digest === undefined ? `${name}:latest` : name;
}

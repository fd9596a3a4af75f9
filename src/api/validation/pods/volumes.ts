// Volumes and mounts (upstream ValidateVolumes, ValidateVolumeMounts).
import { dns1123Label, dns1123Subdomain } from '../../../machinery/formats.ts';
import { parseQuantity } from '../../../machinery/quantity.ts';
import type { V1KeyToPath, V1Volume, V1VolumeMount, V1VolumeProjection } from '../../generated/types.ts';
import type { Causes } from '../causes.ts';

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

const climbs = (path: string): boolean => path.split('/').includes('..');

function checkLocalPath(causes: Causes, path: string, field: string): void {
  if (path.startsWith('/')) causes.invalid(field, path, 'must be a relative path');
  if (climbs(path)) causes.invalid(field, path, "must not contain '..'");
  if (path.startsWith('..') && !climbs(path)) causes.invalid(field, path, "must not start with '..'");
}

function checkMode(causes: Causes, mode: number | undefined, field: string): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777))
    causes.invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive');
}

function checkItems(causes: Causes, items: readonly V1KeyToPath[] | undefined, field: string): void {
  for (const [index, item] of (items ?? []).entries()) {
    const at = `${field}[${index}]`;
    if (!item.key) causes.required(`${at}.key`);
    if (!item.path) causes.required(`${at}.path`);
    else checkLocalPath(causes, item.path, `${at}.path`);
    checkMode(causes, item.mode, `${at}.mode`);
  }
}

function checkProjection(causes: Causes, source: V1VolumeProjection, field: string): void {
  const named = Object.entries(source).filter(([, value]) => value !== undefined);
  if (named.length === 0) causes.required(field, 'exactly one source is required');
  if (named.length > 1) causes.forbidden(field, 'may not specify more than 1 volume type');
  const { secret, configMap, serviceAccountToken: token } = source;
  if (secret && !secret.name) causes.required(`${field}.secret.name`);
  if (configMap && !configMap.name) causes.required(`${field}.configMap.name`);
  checkItems(causes, secret?.items, `${field}.secret.items`);
  checkItems(causes, configMap?.items, `${field}.configMap.items`);
  if (!token) return;
  const seconds = token.expirationSeconds;
  if (seconds !== undefined && seconds < 600)
    causes.invalid(
      `${field}.serviceAccountToken.expirationSeconds`,
      seconds,
      'may not specify a duration less than 10 minutes',
    );
  if (seconds !== undefined && seconds > 2 ** 32)
    causes.invalid(
      `${field}.serviceAccountToken.expirationSeconds`,
      seconds,
      'may not specify a duration larger than 2^32 seconds',
    );
  if (!token.path) causes.required(`${field}.serviceAccountToken.path`);
  else checkLocalPath(causes, token.path, `${field}.serviceAccountToken.path`);
}

function checkSource(causes: Causes, volume: V1Volume, field: string): void {
  const { name: _, ...sources } = volume;
  const named = Object.keys(sources).filter(name => sources[name as keyof typeof sources] !== undefined);
  if (named.length === 0) causes.required(field, 'must specify a volume type');
  for (const name of named.slice(1))
    causes.forbidden(`${field}.${name}`, 'may not specify more than 1 volume type');
  const { hostPath, secret, configMap, downwardAPI, projected, emptyDir, persistentVolumeClaim, nfs } =
    volume;
  if (hostPath) {
    if (!hostPath.path) causes.required(`${field}.hostPath.path`);
    else if (climbs(hostPath.path))
      causes.invalid(`${field}.hostPath.path`, hostPath.path, "must not contain '..'");
    if (hostPath.type !== undefined && !hostPathTypes.includes(hostPath.type))
      causes.notSupported(`${field}.hostPath.type`, hostPath.type, hostPathTypes);
  }
  if (emptyDir?.sizeLimit !== undefined) {
    try {
      if (parseQuantity(emptyDir.sizeLimit).nanos < 0n)
        causes.forbidden(`${field}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
    } catch {
      causes.forbidden(`${field}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
    }
  }
  if (secret) {
    if (!secret.secretName) causes.required(`${field}.secret.secretName`);
    checkMode(causes, secret.defaultMode, `${field}.secret.defaultMode`);
    checkItems(causes, secret.items, `${field}.secret.items`);
  }
  if (configMap) {
    if (!configMap.name) causes.required(`${field}.configMap.name`);
    checkMode(causes, configMap.defaultMode, `${field}.configMap.defaultMode`);
    checkItems(causes, configMap.items, `${field}.configMap.items`);
  }
  checkMode(causes, downwardAPI?.defaultMode, `${field}.downwardAPI.defaultMode`);
  checkMode(causes, projected?.defaultMode, `${field}.projected.defaultMode`);
  for (const [index, source] of (projected?.sources ?? []).entries())
    checkProjection(causes, source, `${field}.projected.sources[${index}]`);
  if (persistentVolumeClaim && !persistentVolumeClaim.claimName)
    causes.required(`${field}.persistentVolumeClaim.claimName`);
  if (persistentVolumeClaim?.claimName)
    causes.each(
      `${field}.persistentVolumeClaim.claimName`,
      persistentVolumeClaim.claimName,
      dns1123Subdomain(persistentVolumeClaim.claimName),
    );
  if (!nfs) return;
  if (!nfs.server) causes.required(`${field}.nfs.server`);
  if (!nfs.path) causes.required(`${field}.nfs.path`);
  else if (!nfs.path.startsWith('/'))
    causes.invalid(`${field}.nfs.path`, nfs.path, 'must be an absolute path');
}

/** Returns the names that mounts may use. */
export function checkVolumes(
  causes: Causes,
  volumes: readonly V1Volume[] | undefined,
  field: string,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of (volumes ?? []).entries()) {
    const at = `${field}[${index}]`;
    if (!volume.name) causes.required(`${at}.name`);
    else {
      causes.each(`${at}.name`, volume.name, dns1123Label(volume.name));
      if (names.has(volume.name)) causes.duplicate(`${at}.name`, volume.name);
      names.add(volume.name);
    }
    checkSource(causes, volume, at);
  }
  return names;
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

export function checkMounts(
  causes: Causes,
  mounts: readonly V1VolumeMount[] | undefined,
  volumes: ReadonlySet<string>,
  field: string,
): void {
  const paths = new Set<string>();
  for (const [index, mount] of (mounts ?? []).entries()) {
    const at = `${field}[${index}]`;
    if (!mount.name) causes.required(`${at}.name`);
    if (!volumes.has(mount.name)) causes.notFound(`${at}.name`, mount.name ?? '');
    if (!mount.mountPath) causes.required(`${at}.mountPath`);
    else if (paths.has(mount.mountPath)) causes.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique');
    paths.add(mount.mountPath);
    if (mount.subPath) checkLocalPath(causes, mount.subPath, `${at}.subPath`);
    if (mount.subPathExpr) {
      if (mount.subPath)
        causes.invalid(
          `${at}.subPathExpr`,
          mount.subPathExpr,
          'subPathExpr and subPath are mutually exclusive',
        );
      checkLocalPath(causes, mount.subPathExpr, `${at}.subPathExpr`);
    }
    causes.oneOf(`${at}.mountPropagation`, mount.mountPropagation, propagations);
  }
}

// ConfigMaps, Secrets, ServiceAccounts, Namespaces, Events (upstream pkg/apis/core/validation).
import { semanticEqual } from '../../machinery/equality.ts';
import { byteLength } from '../../machinery/formats.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type {
  CoreV1Event,
  EventsV1Event,
  V1ConfigMap,
  V1Namespace,
  V1Secret,
  V1ServiceAccount,
} from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';
import { configMapKey, decodedLength } from '../validation/formats.ts';
import { checkFinalizer } from '../validation/metadata.ts';

const mostBytes = 1024 * 1024;

function checkConfigMap(causes: Causes, object: KubeObject): void {
  const { data = {}, binaryData = {} } = object as V1ConfigMap;
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    causes.each(`data[${key}]`, key, configMapKey(key));
    if (key in binaryData) causes.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    bytes += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    causes.each(`binaryData[${key}]`, key, configMapKey(key));
    bytes += decodedLength(value);
  }
  if (bytes > mostBytes) causes.tooLong('', mostBytes);
}

const frozen = 'field is immutable when `immutable` is set';

function checkImmutable(
  causes: Causes,
  object: KubeObject,
  old: KubeObject,
  fields: readonly string[],
): void {
  const [now, before] = [object, old] as unknown as Record<string, unknown>[];
  if (!before!.immutable) return;
  if (!now!.immutable) causes.forbidden('immutable', frozen);
  for (const field of fields)
    if (!semanticEqual(now![field], before![field])) causes.forbidden(field, frozen);
}

export const configMapStrategy: Strategy = {
  validate: object => collect(causes => checkConfigMap(causes, object)),
  validateUpdate: (object, old) =>
    collect(causes => {
      checkImmutable(causes, object, old, ['data', 'binaryData']);
      checkConfigMap(causes, object);
    }),
};

/** Keys that Secrets of a type must hold. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function checkDockerConfig(causes: Causes, data: Readonly<Record<string, string>>, key: string): void {
  const text = data[key];
  if (text === undefined) return;
  try {
    JSON.parse(atob(text));
  } catch (error) {
    causes.invalid(`data[${key}]`, '<secret contents redacted>', (error as Error).message);
  }
}

function checkSecret(causes: Causes, object: KubeObject): void {
  const { data = {}, type = '', metadata } = object as V1Secret;
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    causes.each(`data[${key}]`, key, configMapKey(key));
    bytes += decodedLength(value);
  }
  if (bytes > mostBytes) causes.tooLong('data', mostBytes);
  if (type === 'kubernetes.io/service-account-token') {
    if (!metadata?.annotations?.['kubernetes.io/service-account.name'])
      causes.required('metadata.annotations[kubernetes.io/service-account.name]');
  } else if (type === 'kubernetes.io/basic-auth') {
    if (data.username === undefined && data.password === undefined) {
      causes.required('data[username]');
      causes.required('data[password]');
    }
  }
  for (const key of secretKeys[type] ?? []) if (data[key] === undefined) causes.required(`data[${key}]`);
  if (type === 'kubernetes.io/dockerconfigjson') checkDockerConfig(causes, data, '.dockerconfigjson');
  if (type === 'kubernetes.io/dockercfg') checkDockerConfig(causes, data, '.dockercfg');
}

const base64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};

/** `stringData` is write-only: it goes into `data` (upstream's conversion from v1). */
function mergeStringData(object: KubeObject): void {
  const secret = object as V1Secret;
  if (!secret.stringData) return;
  const data: Record<string, string> = { ...secret.data };
  const encoder = new TextEncoder();
  for (const [key, value] of Object.entries(secret.stringData)) data[key] = base64(encoder.encode(value));
  secret.data = data;
  delete secret.stringData;
}

export const secretStrategy: Strategy = {
  defaults: mergeStringData,
  validate: object => collect(causes => checkSecret(causes, object)),
  prepareForUpdate(object, old) {
    if (!(object as V1Secret).type) (object as V1Secret).type = (old as V1Secret).type;
  },
  validateUpdate: (object, old) =>
    collect(causes => {
      const [now, before] = [object as V1Secret, old as V1Secret];
      if (now.type !== before.type) causes.immutable('type', now.type);
      checkImmutable(causes, object, old, ['data']);
      checkSecret(causes, object);
    }),
};

const accountChecks = (object: KubeObject) =>
  collect(causes => {
    for (const [index, secret] of ((object as V1ServiceAccount).imagePullSecrets ?? []).entries())
      if (secret.name === undefined) causes.required(`imagePullSecrets[${index}].name`);
  });
export const serviceAccountStrategy: Strategy = { validate: accountChecks, validateUpdate: accountChecks };

export const namespaceStrategy: Strategy = {
  prepareForCreate(object) {
    const namespace = object as V1Namespace;
    namespace.status = { phase: 'Active' };
    const finalizers = (namespace.spec ??= {}).finalizers ?? [];
    if (!finalizers.includes('kubernetes')) namespace.spec.finalizers = [...finalizers, 'kubernetes'];
  },
  prepareForUpdate(object, old) {
    (object as V1Namespace).spec = {
      ...(object as V1Namespace).spec,
      finalizers: (old as V1Namespace).spec?.finalizers,
    };
  },
  validate: object =>
    collect(causes => {
      for (const name of (object as V1Namespace).spec?.finalizers ?? [])
        checkFinalizer(causes, name, 'spec.finalizers');
    }),
};

export const coreEventStrategy: Strategy = {
  validate: object =>
    collect(causes => {
      const { involvedObject, metadata } = object as CoreV1Event;
      const namespace = involvedObject?.namespace;
      const allowed = namespace ? [namespace] : ['default', 'kube-system', ''];
      if (!allowed.includes(metadata?.namespace ?? ''))
        causes.invalid('involvedObject.namespace', namespace ?? '', 'does not match event.namespace');
    }),
};

export const eventStrategy: Strategy = {
  validate: object =>
    collect(causes => {
      const event = object as EventsV1Event;
      if (!event.eventTime) causes.required('eventTime');
      if (!event.reportingController) causes.required('reportingController');
      if (!event.reportingInstance) causes.required('reportingInstance');
      if (!event.action) causes.required('action');
      if (!event.reason) causes.required('reason');
      if (event.type !== 'Normal' && event.type !== 'Warning')
        causes.invalid('type', '', `has invalid value: ${event.type ?? ''}`);
    }),
};

// A PodSpec, in a Pod or in a template (upstream ValidatePodSpec).
import { dns1123Label, dns1123Subdomain, labelKey, labelText } from '../../../machinery/formats.ts';
import type {
  V1PodSpec,
  V1PodTemplateSpec,
  V1Toleration,
  V1TopologySpreadConstraint,
} from '../../generated/types.ts';
import type { Causes } from '../causes.ts';
import { ipAddress } from '../formats.ts';
import { checkAnnotations, checkLabels } from '../metadata.ts';
import { checkSelector } from '../selectors.ts';
import { checkContainers } from './containers.ts';
import { checkVolumes } from './volumes.ts';

function checkToleration(causes: Causes, toleration: V1Toleration, field: string): void {
  const { key, operator, effect, value, tolerationSeconds } = toleration;
  if (key) causes.each(`${field}.key`, key, labelKey(key));
  if (!key && operator !== 'Exists')
    causes.invalid(
      `${field}.operator`,
      operator ?? '',
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    );
  if (tolerationSeconds !== undefined && effect !== 'NoExecute')
    causes.invalid(
      `${field}.effect`,
      effect ?? '',
      "effect must be 'NoExecute' when `tolerationSeconds` is set",
    );
  if (operator === 'Exists') {
    if (value) causes.invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'");
  } else if (!operator || operator === 'Equal') {
    const wrong = labelText(value ?? '');
    if (wrong.length > 0) causes.invalid(`${field}.operator`, value, wrong.join(';'));
  } else causes.notSupported(`${field}.operator`, operator, ['Equal', 'Exists']);
  causes.oneOf(`${field}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
}

function checkSpread(causes: Causes, constraint: V1TopologySpreadConstraint, field: string): void {
  if (!(constraint.maxSkew > 0))
    causes.invalid(`${field}.maxSkew`, constraint.maxSkew ?? 0, 'must be greater than zero');
  if (!constraint.topologyKey) causes.required(`${field}.topologyKey`, 'can not be empty');
  else causes.each(`${field}.topologyKey`, constraint.topologyKey, labelKey(constraint.topologyKey));
  if (!['DoNotSchedule', 'ScheduleAnyway'].includes(constraint.whenUnsatisfiable))
    causes.notSupported(`${field}.whenUnsatisfiable`, constraint.whenUnsatisfiable ?? '', [
      'DoNotSchedule',
      'ScheduleAnyway',
    ]);
  checkSelector(causes, constraint.labelSelector, `${field}.labelSelector`);
}

function checkDns(causes: Causes, spec: V1PodSpec, field: string): void {
  causes.oneOf(
    `${field}.dnsPolicy`,
    spec.dnsPolicy,
    ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    true,
  );
  const { dnsConfig } = spec;
  if (spec.dnsPolicy === 'None') {
    if (!dnsConfig)
      causes.required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None');
    else if (!dnsConfig.nameservers?.length)
      causes.required(
        `${field}.dnsConfig.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      );
  }
  const servers = dnsConfig?.nameservers ?? [];
  if (servers.length > 3)
    causes.invalid(`${field}.dnsConfig.nameservers`, servers, 'must not have more than 3 nameservers');
  for (const [index, server] of servers.entries())
    causes.each(`${field}.dnsConfig.nameservers[${index}]`, server, ipAddress(server));
  const searches = dnsConfig?.searches ?? [];
  if (searches.length > 32)
    causes.invalid(`${field}.dnsConfig.searches`, searches, 'must not have more than 32 search paths');
}

function checkAffinity(causes: Causes, spec: V1PodSpec, field: string): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const at = `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  if (required && (required.nodeSelectorTerms ?? []).length === 0)
    causes.required(at, 'must have at least one node selector term');
  for (const [index, term] of (required?.nodeSelectorTerms ?? []).entries())
    for (const [position, { key, operator, values = [] }] of (term.matchExpressions ?? []).entries()) {
      const place = `${at}[${index}].matchExpressions[${position}]`;
      if (operator === 'In' || operator === 'NotIn') {
        if (values.length === 0)
          causes.required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      } else if (operator === 'Exists' || operator === 'DoesNotExist') {
        if (values.length > 0)
          causes.forbidden(
            `${place}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          );
      } else if (operator === 'Gt' || operator === 'Lt') {
        if (values.length !== 1)
          causes.required(
            `${place}.values`,
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
          );
      } else causes.invalid(`${place}.operator`, operator ?? '', 'not a valid selector operator');
      causes.each(`${place}.key`, key ?? '', labelKey(key ?? ''));
    }
  for (const [name, affinity] of Object.entries({ podAffinity, podAntiAffinity })) {
    const base = `${field}.${name}`;
    const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const [index, term] of terms.entries())
      if (!term.topologyKey)
        causes.required(
          `${base}.requiredDuringSchedulingIgnoredDuringExecution[${index}].topologyKey`,
          'can not be empty',
        );
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const [index, { weight }] of preferred.entries())
      if (weight < 1 || weight > 100)
        causes.invalid(
          `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}].weight`,
          weight,
          'must be in the range 1-100',
        );
  }
}

/** `field` is where the spec stands: `spec`, or `spec.template.spec`. */
export function checkPodSpec(causes: Causes, spec: V1PodSpec | undefined, field: string): void {
  if (!spec) {
    causes.required(`${field}.containers`);
    return;
  }
  const volumes = checkVolumes(causes, spec.volumes, `${field}.volumes`);
  checkContainers(causes, spec, volumes, field);
  causes.oneOf(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never'], true);
  checkDns(causes, spec, field);
  checkLabels(causes, spec.nodeSelector, `${field}.nodeSelector`);
  if (spec.serviceAccountName)
    causes.each(
      `${field}.serviceAccountName`,
      spec.serviceAccountName,
      dns1123Subdomain(spec.serviceAccountName),
    );
  if (spec.nodeName) causes.each(`${field}.nodeName`, spec.nodeName, dns1123Subdomain(spec.nodeName));
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    causes.invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  for (const name of ['hostname', 'subdomain'] as const)
    if (spec[name]) causes.each(`${field}.${name}`, spec[name], dns1123Label(spec[name]));
  for (const [index, toleration] of (spec.tolerations ?? []).entries())
    checkToleration(causes, toleration, `${field}.tolerations[${index}]`);
  checkAffinity(causes, spec, `${field}.affinity`);
  for (const [index, alias] of (spec.hostAliases ?? []).entries())
    causes.each(`${field}.hostAliases[${index}].ip`, alias.ip, ipAddress(alias.ip));
  if (spec.priorityClassName)
    causes.each(
      `${field}.priorityClassName`,
      spec.priorityClassName,
      dns1123Subdomain(spec.priorityClassName),
    );
  if (spec.runtimeClassName)
    causes.each(`${field}.runtimeClassName`, spec.runtimeClassName, dns1123Subdomain(spec.runtimeClassName));
  for (const [index, constraint] of (spec.topologySpreadConstraints ?? []).entries())
    checkSpread(causes, constraint, `${field}.topologySpreadConstraints[${index}]`);
}

/** A template's labels, annotations and spec. */
export function checkTemplate(causes: Causes, template: V1PodTemplateSpec | undefined, field: string): void {
  checkLabels(causes, template?.metadata?.labels, `${field}.labels`);
  checkAnnotations(causes, template?.metadata?.annotations, `${field}.annotations`);
  checkPodSpec(causes, template?.spec, `${field}.spec`);
  if (template?.spec?.ephemeralContainers?.length)
    causes.forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
}

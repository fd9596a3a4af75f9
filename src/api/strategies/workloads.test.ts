// Pods, what makes them, and Services, through their life.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { created, deployment, kindOf, service, template, updated } from './testing.ts';

test('a Deployment gets its defaults, and its generation follows its spec and annotations', () => {
  const { object, wrong } = created('deployments', { ...deployment(), status: { replicas: 7 } });
  assert.deepEqual(wrong, []);
  assert.deepEqual(object.status, {});
  assert.equal(object.metadata!.generation, 1);
  assert.equal(object.spec!.replicas, 1);
  assert.deepEqual(object.spec!.strategy, {
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
  });
  const same = updated('deployments', object, next => {
    next.metadata!.labels = { a: 'b' };
    next.metadata!.generation = 99;
    next.status = { replicas: 3 };
  });
  assert.equal(same.object.metadata!.generation, 1);
  assert.deepEqual(same.object.status, {});
  const scaled = updated('deployments', object, next => {
    next.spec!.replicas = 3;
  });
  assert.deepEqual(scaled.wrong, []);
  assert.equal(scaled.object.metadata!.generation, 2);
  const noted = updated('deployments', object, next => {
    next.metadata!.annotations = { note: 'x' };
  });
  assert.equal(noted.object.metadata!.generation, 2);
});

test('a status write changes status alone', () => {
  const { strategy } = kindOf('deployments');
  const { object: old } = created('deployments', deployment());
  const next = structuredClone(old);
  next.spec!.replicas = 5;
  next.status = { replicas: 2 };
  next.metadata!.labels = { sneaky: 'yes' };
  strategy.prepareForStatusUpdate!(next, old);
  assert.equal(next.spec!.replicas, 1);
  assert.deepEqual(next.status, { replicas: 2 });
  assert.equal(next.metadata!.labels, undefined);
});

test('workloads must select their own Pods, for ever, and restart them', () => {
  assert.deepEqual(created('deployments', deployment({ template: template({ app: 'other' }) })).wrong, [
    'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
  ]);
  assert.deepEqual(created('deployments', deployment({ selector: undefined })).wrong, [
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ]);
  const { object } = created('replicasets', deployment());
  assert.deepEqual(
    updated('replicasets', object, next => {
      next.spec!.selector = { matchLabels: { app: 'new' } };
      next.spec!.template = template({ app: 'new' });
    }).wrong,
    ['spec.selector: Invalid value: {"matchLabels":{"app":"new"}}: field is immutable'],
  );
  const never = deployment({
    template: { ...template(), spec: { ...template().spec, restartPolicy: 'Never' } },
  });
  assert.deepEqual(created('daemonsets', never).wrong, [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ]);
  const stopped = { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } };
  assert.deepEqual(created('deployments', deployment(stopped)).wrong, [
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ]);
  assert.deepEqual(created('deployments', deployment({ replicas: -1 })).wrong, [
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ]);
});

test('a Pod gets its defaults, its class of service, and is refused field by field', () => {
  const { object, wrong } = created('pods', {
    metadata: { name: 'p' },
    spec: {
      containers: [{ name: 'c', image: 'x', resources: { limits: { cpu: '1000m', memory: '1024Mi' } } }],
    },
  });
  assert.deepEqual(wrong, []);
  const [container] = object.spec!.containers as Record<string, unknown>[];
  assert.deepEqual(container!.resources, {
    limits: { cpu: '1', memory: '1Gi' },
    requests: { cpu: '1', memory: '1Gi' },
  });
  assert.equal(container!.imagePullPolicy, 'Always');
  assert.equal(object.spec!.enableServiceLinks, true);
  assert.deepEqual(object.status, { phase: 'Pending', qosClass: 'Guaranteed' });

  const bad = created('pods', {
    metadata: { name: 'Bad_Name' },
    spec: {
      restartPolicy: 'Sometimes',
      containers: [
        { name: 'c', image: '', ports: [{ containerPort: 70000 }] },
        {
          name: 'c',
          image: 'y',
          livenessProbe: { periodSeconds: -1 },
          volumeMounts: [{ name: 'gone', mountPath: '/x' }],
          resources: { limits: { cpu: '1' }, requests: { cpu: '2' } },
        },
      ],
    },
  });
  assert.deepEqual(bad.wrong, [
    `metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    'spec.containers[0].image: Required value',
    'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    'spec.containers[1].name: Duplicate value: "c"',
    'spec.containers[1].volumeMounts[0].name: Not found: "gone"',
    'spec.containers[1].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    'spec.containers[1].livenessProbe: Required value: must specify a handler type',
    'spec.containers[1].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
  ]);
  assert.deepEqual(created('pods', { metadata: { name: 'p' }, spec: { containers: [] } }).wrong, [
    'spec.containers: Required value',
  ]);
});

test('of a Pod that exists, images may change and little else', () => {
  const { object } = created('pods', { metadata: { name: 'p' }, spec: template().spec });
  const image = updated('pods', object, next => {
    (next.spec!.containers as { image: string }[])[0]!.image = 'web:2';
  });
  assert.deepEqual(image.wrong, []);
  assert.equal(image.object.metadata!.generation, 2);
  const more = updated('pods', object, next => {
    (next.spec!.containers as object[]).push({ name: 'two', image: 'x' });
  });
  assert.deepEqual(more.wrong, ['spec.containers: Forbidden: pod updates may not add or remove containers']);
  const moved = updated('pods', object, next => {
    next.spec!.hostNetwork = true;
  });
  const grown = structuredClone(object);
  (grown.spec!.containers as { resources: object }[])[0]!.resources = {
    limits: { cpu: '2' },
    requests: { cpu: '2' },
  };
  const { strategy } = kindOf('pods');
  assert.equal(strategy.validateUpdate!(grown, object, 'resize').length, 0);
  assert.equal(strategy.validateUpdate!(grown, object, '').length, 1);
  assert.match(moved.wrong.join(), /^spec: Forbidden: pod updates may not change fields other than /);
});

test('a Service gets its defaults; ports and addresses are checked', () => {
  const { object, wrong } = created('services', service({ ports: [{ port: 80 }], selector: { app: 'web' } }));
  assert.deepEqual(wrong, []);
  assert.deepEqual(object.spec, {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    selector: { app: 'web' },
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
  assert.deepEqual(object.status, { loadBalancer: {} });
  const cases: [object, string[]][] = [
    [{}, ['spec.ports: Required value']],
    [
      { ports: [{ port: 80 }, { port: 81 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 81, name: 'a' },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [{ type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      { type: 'LoadBalancer', clusterIP: 'None', ports: [{ port: 1 }] },
      [`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for LoadBalancer services`],
    ],
    [
      { ports: [{ port: 80, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      { ports: [{ port: 80 }], externalTrafficPolicy: 'Local' },
      [
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      ],
    ],
    [
      {
        ports: [{ port: 80 }],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 90000 } },
      },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
      ],
    ],
    [
      { ports: [{ port: 80 }], clusterIP: '10.96.0.300' },
      [
        'spec.clusterIPs[0]: Invalid value: "10.96.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
  ];
  for (const [spec, expected] of cases) assert.deepEqual(created('services', service(spec)).wrong, expected);
  const allocated = created(
    'services',
    service({ ports: [{ port: 80 }], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] }),
  );
  const changed = updated('services', allocated.object, next => {
    Object.assign(next.spec!, { clusterIP: '10.96.0.6', clusterIPs: ['10.96.0.6'] });
  });
  assert.deepEqual(changed.wrong, [
    'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set',
  ]);
  assert.match(
    created('services', { metadata: { name: '1web' }, spec: { ports: [{ port: 80 }] } }).wrong.join(),
    /^metadata\.name: Invalid value: "1web": a DNS-1035 label must consist of/,
  );
});

test('a Job makes its own selector, and forbids what would never end', () => {
  const { object, wrong } = created('jobs', {
    metadata: { name: 'sum', uid: 'u-1' },
    spec: { template: { spec: { ...template().spec, restartPolicy: 'Never' } } },
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(object.spec!.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } });
  assert.deepEqual(
    [
      object.spec!.completions,
      object.spec!.parallelism,
      object.spec!.backoffLimit,
      object.spec!.completionMode,
    ],
    [1, 1, 6, 'NonIndexed'],
  );
  const always = created('jobs', { metadata: { name: 'sum', uid: 'u' }, spec: { template: template() } });
  assert.deepEqual(always.wrong, [
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ]);
  const cron = (schedule: string, extra: object = {}) =>
    created('cronjobs', {
      metadata: { name: 'c' },
      spec: {
        schedule,
        jobTemplate: { spec: { template: { spec: { ...template().spec, restartPolicy: 'Never' } } } },
        ...extra,
      },
    }).wrong;
  for (const right of ['*/5 * * * *', '0 0 1 jan mon', '@daily', '@every 1h30m'])
    assert.deepEqual(cron(right), []);
  assert.deepEqual(cron('* * * *'), [
    'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]',
  ]);
  assert.deepEqual(cron('60 * * * *'), [
    'spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60',
  ]);
  assert.equal(cron('@daily', { timeZone: 'Mars/Base' }).length, 1);
});

test('keys of labels in affinity and spread stand for the values of the Pod', () => {
  const { object } = created('pods', {
    metadata: { name: 'p', labels: { app: 'web', hash: 'abc' } },
    spec: {
      ...template().spec,
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { app: 'web' } },
              matchLabelKeys: ['hash', 'absent'],
            },
          ],
        },
      },
    },
  });
  const affinity = object.spec!.affinity as {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { labelSelector: object }[] };
  };
  assert.deepEqual(
    affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]!.labelSelector,
    {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'hash', operator: 'In', values: ['abc'] }],
    },
  );
});

test('an address and the list of addresses say the same', () => {
  const pod: Record<string, unknown> = { status: { podIP: '10.1.0.1' } };
  kindOf('pods').strategy.defaults!(pod);
  assert.deepEqual(pod.status, { podIP: '10.1.0.1', podIPs: [{ ip: '10.1.0.1' }] });
  const node: Record<string, unknown> = { spec: { podCIDRs: ['10.1.0.0/24'] } };
  kindOf('nodes').strategy.defaults!(node);
  assert.deepEqual(node.spec, { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] });
});

// A cluster in which nothing happens is quiet: what its components ask of the API in an hour is counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields, Logger } from '../../src/machinery/logger.ts';
import { silentLogger } from '../../src/machinery/logger.ts';
import { Cluster } from '../../src/testing/cluster.ts';

test('in an hour a node renews its Lease, reports twelve times, and asks nothing else', async () => {
  const calls = new Map<string, number>();
  const said: string[] = [];
  const note = (message: string, fields?: LogFields): void => void said.push(`${message}: ${fields?.error}`);
  const logger: Logger = { ...silentLogger, debug: note, warn: note, error: note, child: () => logger };
  await using cluster = await Cluster.start({
    nodes: 2,
    logger,
    beforeCall({ component, verb, resource, subresource }) {
      const call = `${component} ${verb} ${resource.resource}${subresource && `/${subresource}`}`;
      calls.set(call, (calls.get(call) ?? 0) + 1);
    },
  });
  await cluster.apply(`
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 10
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: example.test/web, envFrom: [{configMapRef: {name: settings}}]}]
`);
  await cluster.until('deployment/web', ({ status }) => status?.readyReplicas === 10);
  await cluster.clock.advance('5m');
  calls.clear();
  said.length = 0;
  await cluster.clock.advance('1h');
  const asked = [...calls].filter(([call]) => !call.includes(' watch '));
  assert.deepEqual(
    new Map(asked.filter(([call]) => call.startsWith('kubelet/node-1'))),
    new Map([
      ['kubelet/node-1 update leases', 360],
      ['kubelet/node-1 patch nodes/status', 12],
      ['kubelet/node-1 create serviceaccounts/token', 5],
    ]),
  );
  assert.deepEqual(
    asked.filter(([call]) => !call.startsWith('kubelet')),
    [],
  );
  assert.ok(
    (calls.get('kubelet/node-1 watch configmaps') ?? 0) < 40,
    'watches are not begun again and again',
  );
  assert.deepEqual(said, []);
});

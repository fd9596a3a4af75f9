import { createRequire } from 'node:module';
import type PromClient from 'prom-client';
import type { Metrics } from '../machinery/metrics.ts';

type Library = typeof PromClient;

// Its parts by name: the whole library loads a hundred modules, OpenTelemetry among them, for what is not used here.
const require = createRequire(import.meta.url);
const Counter: Library['Counter'] = require('prom-client/lib/counter.js');
const Gauge: Library['Gauge'] = require('prom-client/lib/gauge.js');
const Histogram: Library['Histogram'] = require('prom-client/lib/histogram.js');
const Registry: Library['Registry'] = require('prom-client/lib/registry.js');

/** Metrics kept by prom-client; `text()` is the exposition format for `/metrics`. */
export function createMetrics(): Metrics & { text(): Promise<string> } {
  const registry = new Registry();
  const made = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    let metric = made.get(name) as T | undefined;
    if (!metric) made.set(name, (metric = make()));
    return metric;
  };
  return {
    counter: (name, help, labelNames = []) =>
      once(name, () => {
        const counter = new Counter({ name, help, labelNames, registers: [registry] });
        return { add: (value = 1, labels = {}) => counter.inc(labels, value) };
      }),
    gauge: (name, help, labelNames = []) =>
      once(name, () => {
        const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
        return { set: (value, labels = {}) => gauge.set(labels, value) };
      }),
    histogram: (name, help, labelNames = [], buckets) =>
      once(name, () => {
        const histogram = new Histogram({
          name,
          help,
          labelNames,
          registers: [registry],
          ...(buckets ? { buckets } : {}),
        });
        return { observe: (value, labels = {}) => histogram.observe(labels, value) };
      }),
    text: () => registry.metrics(),
  };
}

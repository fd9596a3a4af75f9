// The static structure of the table, as data. Everything that grows with services is an element of a set or map named here.
import type { ModeSettings } from '../mode.ts';
import { hashName, type Lane, lanes, type Words } from './words.ts';

export interface SetLayout {
  readonly kind: 'set' | 'map';
  readonly name: string;
  readonly spec: string;
  /** Filled by packets, not by us: kept when everything else is rewritten. */
  readonly learned?: true;
}

export interface ChainLayout {
  readonly name: string;
  /** Absent: a chain that others jump to. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

const laneMaps = (lane: Lane, words: Words): SetLayout[] => {
  const type = lane.type(words);
  const endpoint = `${words.addr} . inet_service`;
  const map = (name: string, spec: string): SetLayout => ({
    kind: 'map',
    name: `${lane.name}-${name}`,
    spec: `type ${spec};`,
  });
  return [
    map('services', `${type} : verdict`),
    map('endpoints', `${type} . classid : ${endpoint}`),
    map('choices', `${type} . classid : classid`),
    map('bindings', `${type} . classid : verdict`),
    map('slots', `${type} . classid : ${endpoint}`),
  ];
};

const clientsMap = (lane: Lane, words: Words): SetLayout => ({
  kind: 'map',
  name: lane.clients,
  spec: `${lane.clientType(words)} flags dynamic,timeout; timeout 3h; size 262144;`,
  learned: true,
});

/** All sets and maps. */
export function setLayouts(words: Words): SetLayout[] {
  const set = (name: string, spec: string): SetLayout => ({ kind: 'set', name, spec: `type ${spec};` });
  const { vip, port } = lanes;
  return [
    ...Object.values(lanes).flatMap(lane => laneMaps(lane, words)),
    clientsMap(vip, words),
    clientsMap(port, words),
    { kind: 'map', name: 'vip-sources', spec: `type ${vip.type(words)} : verdict;` },
    set('cluster-ips', words.addr),
    set('external-ips', words.addr),
    set('hairpin', `${words.addr} . ${words.addr}`),
    set('vip-masquerade', vip.type(words)),
    set('vip-host-masquerade', vip.type(words)),
    set('port-masquerade', port.type(words)),
    set('port-host-masquerade', port.type(words)),
    set('cluster-cidrs', `${words.addr}; flags interval`),
    set('service-cidrs', `${words.addr}; flags interval`),
    set('node-port-ips', `${words.addr}; flags interval`),
  ];
}

/** In-cluster sources look into the `-in` lane first; what it lacks is the same for everyone. */
const dispatch = (outer: Lane, inner: Lane, words: Words): string[] => [
  `${words.ip} saddr @cluster-cidrs ${inner.key(words)} vmap @${inner.name}-services`,
  `fib saddr type local ${inner.key(words)} vmap @${inner.name}-services`,
  `${outer.key(words)} vmap @${outer.name}-services`,
];

const masquerade = 'masquerade fully-random';

/** nft 1.0.6 knows the type of a connection's port only after a match on the protocol, hence a rule for each. */
const translated = (lane: Lane, words: Words): string[] =>
  ['tcp', 'udp', 'sctp'].flatMap(protocol => {
    const match = `meta l4proto ${protocol} ${lane.original(words)}`;
    return [
      `${match} @${lane.name}-masquerade ${masquerade}`,
      `${match} @${lane.name}-host-masquerade fib saddr type local ${masquerade}`,
    ];
  });

const clusterMasquerade = (words: Words, settings: ModeSettings): string[] =>
  settings.masqueradeAll
    ? [masquerade]
    : settings.clusterCIDRs.length > 0
      ? [`${words.ip} saddr != @cluster-cidrs ${masquerade}`]
      : [];

/** All chains that always exist. */
export function chainLayouts(words: Words, settings: ModeSettings): ChainLayout[] {
  const { ip } = words;
  const { vip, port } = lanes;
  const hook = (type: string, name: string, priority: number): string =>
    `type ${type} hook ${name} priority ${priority};`;
  return [
    { name: 'nat-prerouting', hook: hook('nat', 'prerouting', -100), rules: ['jump services'] },
    { name: 'nat-output', hook: hook('nat', 'output', -100), rules: ['jump services'] },
    {
      name: 'nat-postrouting',
      hook: hook('nat', 'postrouting', 100),
      rules: ['ct status dnat jump masquerading'],
    },
    {
      // A connection's first packet carries its choice in its priority, above all values that sockets set.
      name: 'filter-output',
      hook: hook('filter', 'output', -90),
      rules: ['ct state new ct status dnat meta priority > 0xffff meta priority set 0'],
    },
    {
      name: 'services',
      rules: [
        `${vip.key(words)} vmap @vip-sources`,
        ...dispatch(vip, lanes['vip-in'], words),
        `${ip} daddr @cluster-ips goto refuse`,
        `${ip} daddr @service-cidrs drop`,
        'fib daddr type != local return',
        `${ip} daddr ${words.loopback} return`,
        `${ip} daddr != @node-port-ips return`,
        ...dispatch(port, lanes['port-in'], words),
      ],
    },
    { name: 'refuse', rules: ['meta l4proto tcp reject with tcp reset', 'reject'] },
    {
      name: 'masquerading',
      rules: [
        `${ip} saddr . ${ip} daddr @hairpin ${masquerade}`,
        `ct original ${ip} daddr @cluster-ips goto masquerading-cluster`,
        ...translated(vip, words),
        `ct original ${ip} daddr @external-ips return`,
        ...translated(port, words),
      ],
    },
    { name: 'masquerading-cluster', rules: clusterMasquerade(words, settings) },
  ];
}

/** Changes whenever a set or map changes its type: then a table that an older version left cannot be reused. An empty chain of this name marks it. */
export const layoutMark = (words: Words): string =>
  `layout-${hashName(
    setLayouts(words)
      .map(({ name, spec }) => `${name} ${spec}`)
      .join('\n'),
  )}`;

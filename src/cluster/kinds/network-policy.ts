import type { NetworkPolicy, PolicyPeer, PolicyRule, PolicyRulePort, PolicyType } from '../network-policies.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { policyFields } from './api-fields.ts';
import { readMetadata, readSelector } from './metadata.ts';
import { checkName, PORT_NAME } from './names.ts';

const TYPES = ['Ingress', 'Egress'] as const;

/** `networking.k8s.io/v1` NetworkPolicy (k8s.io/api networking/v1; defaults: pkg/apis/networking/v1/defaults.go). */
export function readNetworkPolicy(fields: Fields): NetworkPolicy {
  fields.known(policyFields.object, 'warning');
  const spec = fields.child('spec');
  if (spec === undefined && !fields.has('spec')) fields.missing('spec');
  spec?.known(policyFields.spec, 'warning');
  const ingress = spec?.each('ingress', (rule) => readRule(rule, 'from')) ?? [];
  const egress = spec?.each('egress', (rule) => readRule(rule, 'to')) ?? [];
  return {
    kind: 'NetworkPolicy',
    metadata: readMetadata(fields, true),
    source: fields.document.source,
    spec: {
      podSelector: readSelector(spec?.child('podSelector')),
      policyTypes: readPolicyTypes(spec, 'policyTypes') ?? (egress.length > 0 ? TYPES : ['Ingress']),
      ingress,
      egress,
    },
  };
}

/** Undefined for a list that is absent or empty: the API server then fills it in. */
export function readPolicyTypes(spec: Fields | undefined, key: string): readonly PolicyType[] | undefined {
  const given = spec?.strings(key) ?? [];
  const known = given.flatMap((text, i) => {
    const type = TYPES.find((each) => each === text);
    if (type === undefined) {
      const message = `Field "${spec?.name(key, i) ?? key}" is "${text}"`;
      spec?.complain([key, i], { code: 'wrong-value', message, expected: 'expected "Ingress" or "Egress"' });
    }
    return type ?? [];
  });
  return given.length === 0 ? undefined : known;
}

function readRule(rule: Fields, side: 'from' | 'to'): PolicyRule {
  rule.known(policyFields[side === 'from' ? 'ingressRule' : 'egressRule'], 'warning');
  const peers = rule.each(side, readPeer).filter((peer) => peer !== undefined);
  // An empty list is stored as none, and none is everybody; one whose peers are all wrong is an error already.
  return { ports: rule.each('ports', readPort), ...maybe('peers', rule.list(side).length === 0 ? undefined : peers) };
}

function readPeer(peer: Fields): PolicyPeer | undefined {
  peer.known(policyFields.peer, 'warning');
  const block = peer.child('ipBlock');
  const selects = peer.has('podSelector') || peer.has('namespaceSelector');
  if (!selects && !peer.has('ipBlock')) {
    const expected = 'expected podSelector, namespaceSelector or ipBlock';
    peer.complain([], { code: 'missing-field', message: `Peer "${peer.name()}" selects nothing`, expected });
    return undefined;
  }
  if (selects && block !== undefined) {
    const message = `Peer "${peer.name()}" has an ipBlock beside a selector`;
    peer.complain(['ipBlock'], { code: 'wrong-value', message, expected: 'expected two peers: the API refuses one' });
    return undefined;
  }
  if (block !== undefined) return readBlock(block);
  return {
    kind: 'pods',
    ...maybe('podSelector', peer.has('podSelector') ? readSelector(peer.child('podSelector')) : undefined),
    ...maybe(
      'namespaceSelector',
      peer.has('namespaceSelector') ? readSelector(peer.child('namespaceSelector')) : undefined,
    ),
  };
}

function readBlock(block: Fields): PolicyPeer | undefined {
  block.known(policyFields.ipBlock, 'warning');
  if (!block.has('cidr')) block.missing('cidr');
  const cidr = block.cidr('cidr');
  return cidr === undefined ? undefined : { kind: 'ip-block', cidr, except: block.cidrs('except') };
}

function readPort(port: Fields): PolicyRulePort {
  port.known(policyFields.port, 'warning');
  const given = port.get('port');
  const name = typeof given === 'string' && given !== '' ? given : undefined;
  checkName(port, 'port', name, PORT_NAME);
  const endPort = port.port('endPort');
  if (endPort !== undefined && typeof given !== 'number') {
    const message = `Field "${port.name('endPort')}" needs a number in "port"`;
    port.complain(['endPort'], {
      code: 'wrong-value',
      message,
      expected: 'expected "port" to be the first of the range',
    });
  } else if (endPort !== undefined && typeof given === 'number' && endPort < given) {
    const message = `Field "${port.name('endPort')}" is ${endPort}, before port ${given}`;
    port.complain(['endPort'], { code: 'wrong-value', message, expected: 'expected the last port of the range' });
  }
  return {
    protocol: port.oneOf('protocol', ['TCP', 'UDP', 'SCTP']) ?? 'TCP',
    ...maybe('port', name ?? (typeof given === 'string' ? undefined : port.port('port'))),
    ...maybe('endPort', endPort),
  };
}

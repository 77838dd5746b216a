import type { Protocol } from '../net/index.ts';
import { ip } from '../net/index.ts';
import type { DnsQuery, Headers, RoundTrip, Step, Trace } from '../trace/index.ts';
import type { Sender, Target } from './resolve-end.ts';

interface Looked {
  readonly queries: readonly DnsQuery[];
  readonly unknowns: readonly string[];
  readonly silent: readonly string[];
}

/** The round trip of a packet that was never made: its name has no address, or none the model can know. */
export function notSent(
  sender: Sender,
  target: Target,
  protocol: Protocol,
  { queries, unknowns, silent }: Looked,
): RoundTrip {
  const disposition = unknowns.length > 0 ? 'unknown' : 'not-sent';
  const nowhere = sender.address?.includes(':') ? ip('::') : ip('0.0.0.0');
  const source = sender.address ?? nowhere;
  const headers: Headers = {
    family: source.includes(':') ? 6 : 4,
    src: source,
    dst: nowhere,
    protocol,
    ttl: 0,
    length: 0,
    df: false,
    mark: 0,
  };
  const tried = [...new Set(queries.map((query) => query.name))];
  const rcode = queries.at(-1)?.rcode;
  const why = rcode === 'SERVFAIL' && silent.length > 0 ? `no answer from name server ${silent.join(', ')}` : rcode;
  const action =
    why === undefined || disposition === 'unknown'
      ? `${target.name} has no address${disposition === 'unknown' ? ' the model knows' : ''}`
      : `${target.dnsName ?? target.name} did not resolve: ${why}`;
  const step: Step = {
    kind: 'drop',
    disposition,
    action,
    because: tried.length > 1 ? `tried ${tried.join(', ')}` : '',
    evidence: { plane: 'sim', artefact: { file: `${folder(sender.netns)}/resolv.conf` }, text: action },
    before: headers,
    after: headers,
  };
  const [kind, ...rest] = sender.netns.split('/');
  const place = {
    kind: kind === 'pod' || kind === 'node' || kind === 'internet' ? kind : 'host',
    name: rest.join('/'),
  } as const;
  const forward: Trace = { probability: 1, disposition, hops: [{ where: place, steps: [step] }] };
  return {
    probability: 1,
    disposition,
    diedAt: { leg: 'forward', hop: 0, step: 0 },
    farEnd: {
      reached: false,
      name: target.name,
      address: '',
      sees: {
        ip: source,
        port: null,
        identity: { kind: place.kind === 'pod' ? 'pod' : 'server', name: sender.name },
        sharedBy: 1,
      },
      ttl: 0,
      forwardedFor: [],
      proxyProtocol: null,
    },
    clientSees: null,
    http: null,
    forward,
    reply: null,
    assumptions: [],
    unknowns,
  };
}

const folder = (netns: string): string => netns.replace(/^(node|pod|host)\//, '$1s/');

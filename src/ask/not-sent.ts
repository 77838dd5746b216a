import { type Ip, ip, type Protocol } from '../net/index.ts';
import type { DnsQuery, Headers, Rcode, RoundTrip, SenderCause, SilentServer, Step, Trace } from '../trace/index.ts';
import type { AbsentPod } from '../world/index.ts';
import { absentText } from './absent-pod.ts';
import type { Sender, Target } from './resolve-end.ts';

interface Looked {
  readonly queries: readonly DnsQuery[];
  readonly unknowns: readonly string[];
  readonly silent: readonly SilentServer[];
  /** Aliases one of the names led into, that lead back to one of themselves. */
  readonly circle?: readonly string[] | undefined;
}

/** The round trip of a packet that was never made: its name has no address, or none the model can know. */
export function notSent(sender: Sender, target: Target, protocol: Protocol, looked: Looked): RoundTrip {
  const disposition = looked.unknowns.length > 0 ? 'unknown' : 'not-sent';
  const nowhere = sender.address?.includes(':') ? ip('::') : ip('0.0.0.0');
  const source = sender.address ?? nowhere;
  const [kind, ...rest] = sender.netns.split('/');
  const where = {
    kind: kind === 'pod' || kind === 'node' || kind === 'internet' ? kind : 'host',
    name: rest.join('/'),
  } as const;
  const step = lastStep(sender, target, looked, headersTo(source, nowhere, protocol));
  const forward: Trace = { probability: 1, disposition, hops: [{ where, steps: [step] }] };
  const identity = { kind: where.kind === 'pod' ? 'pod' : 'server', name: sender.name } as const;
  return {
    probability: 1,
    disposition,
    diedAt: { leg: 'forward', hop: 0, step: 0 },
    farEnd: {
      reached: false,
      name: target.name,
      address: '',
      sees: { ip: source, port: null, identity, sharedBy: 1 },
      ttl: 0,
      forwardedFor: [],
      proxyProtocol: null,
    },
    clientSees: null,
    http: null,
    forward,
    reply: null,
    assumptions: [],
    unknowns: looked.unknowns,
  };
}

const headersTo = (src: Ip, dst: Ip, protocol: Protocol): Headers => ({
  family: src.includes(':') ? 6 : 4,
  src,
  dst,
  protocol,
  ttl: 0,
  length: 0,
  df: false,
  mark: 0,
});

/** Why nothing was sent: an end that is not there, what is not known, or what the name servers said. */
function lastStep(sender: Sender, target: Target, looked: Looked, headers: Headers): Step {
  const absent = sender.absent ?? target.absent;
  return absent === undefined ? unresolved(sender, target, looked, headers) : absentStep(absent, headers);
}

function absentStep(absent: AbsentPod, headers: Headers): Step {
  const { namespace, name, phase, why, unsure } = absent;
  const { short, long } = absentText(absent);
  const base = {
    kind: 'drop',
    evidence: { plane: 'sim', artefact: { file: 'directory.json' }, text: `${namespace}/${name} ${phase}` },
    before: headers,
    after: headers,
  } as const;
  if (unsure !== undefined)
    return { ...base, disposition: 'unknown', action: `where ${namespace}/${name} runs is not known`, because: unsure };
  const cause = {
    kind: 'absent-pod',
    pod: `${namespace}/${name}`,
    phase,
    ...(why === undefined ? {} : { why }),
  } as const;
  return { ...base, disposition: 'not-sent', cause, action: short, because: long };
}

function unresolved(
  sender: Sender,
  target: Target,
  { queries, unknowns, silent, circle }: Looked,
  headers: Headers,
): Step {
  const tried = [...new Set(queries.map((query) => query.name))];
  const name = target.dnsName ?? target.name;
  const rcode = queries.at(-1)?.rcode;
  const why = isUnheard(rcode, silent)
    ? `no answer from name server ${showSilent(silent)}`
    : circle === undefined
      ? rcode
      : 'its aliases go in a circle';
  const isUnknown = unknowns.length > 0;
  const action = isUnknown
    ? `the address of ${name} is not known`
    : why === undefined
      ? `${target.name} has no address`
      : `${name} did not resolve: ${why}`;
  const base = {
    action,
    because: isUnknown ? unknowns.join('; ') : searched(circle, tried),
    evidence: { plane: 'sim', artefact: { file: resolverFile(sender) }, text: action },
    before: headers,
    after: headers,
  } as const;
  if (isUnknown) return { kind: 'drop', disposition: 'unknown', ...base };
  return { kind: 'drop', disposition: 'not-sent', cause: causeOf(name, rcode, silent, circle), ...base };
}

const searched = (circle: readonly string[] | undefined, tried: readonly string[]): string => {
  if (circle !== undefined) return circle.join(' → ');
  return tried.length > 1 ? `tried ${tried.join(', ')}` : '';
};

/** An alias of the cluster is there, whoever knows what it leads to. */
const isUnheard = (rcode: Rcode | undefined, silent: readonly SilentServer[]): boolean =>
  rcode === 'SERVFAIL' ? silent.length > 0 : rcode === 'NOERROR' && silent.some(({ by }) => by !== undefined);

/** `172.20.0.10 (dropped)`; `10.0.0.2 (dropped), asked by pod/kube-system/coredns-x` */
const showSilent = (silent: readonly SilentServer[]): string =>
  silent
    .map(({ address, disposition, by }) => `${address} (${disposition})${by === undefined ? '' : `, asked by ${by}`}`)
    .join(', ');

const causeOf = (
  name: string,
  rcode: Rcode | undefined,
  silent: readonly SilentServer[],
  circle: readonly string[] | undefined,
): SenderCause => {
  if (isUnheard(rcode, silent)) {
    const by = silent.at(-1)?.by;
    const servers = silent.filter((each) => each.by === by).map(({ address }) => address);
    return { kind: 'silent-name-server', name, servers, ...(by === undefined ? {} : { by }) };
  }
  if (circle !== undefined && rcode !== undefined) return { kind: 'unresolved-name', name, rcode, circle };
  if (rcode === undefined || rcode === 'NOERROR') return { kind: 'no-address', name };
  return { kind: 'unresolved-name', name, rcode };
};

/** Of a pod of the host network with a resolver of its own the directory holds it. */
const resolverFile = ({ netns, resolvConf }: Sender): string =>
  resolvConf === undefined ? `${folder(netns)}/resolv.conf` : 'directory.json';

const folder = (netns: string): string => netns.replace(/^(node|pod|host)\//, '$1s/');

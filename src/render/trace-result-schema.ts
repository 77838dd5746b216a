import { FAILURE_DISPOSITIONS, SUCCESS_DISPOSITIONS } from '../trace/index.ts';

type Schema = Readonly<Record<string, unknown>>;

const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const list = (items: Schema): Schema => ({ type: 'array', items });
const oneOf = (...values: readonly string[]): Schema => ({ enum: values });
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const bool: Schema = { type: 'boolean' };
const probability: Schema = { type: 'number', minimum: 0, maximum: 1 };
const port = orNull({ type: 'integer', minimum: 0, maximum: 65535 });
const disposition = oneOf(...SUCCESS_DISPOSITIONS, ...FAILURE_DISPOSITIONS, 'unknown');

const headers = object(
  {
    family: { enum: [4, 6] },
    src: text,
    dst: text,
    protocol: { type: ['string', 'integer'] },
    sport: integer,
    dport: integer,
    tcpFlags: list(oneOf('SYN', 'ACK', 'RST', 'FIN', 'PSH')),
    icmp: object({ type: integer, code: integer, id: integer, mtu: integer, quoted: ref('Headers') }, [
      'id',
      'mtu',
      'quoted',
    ]),
    ttl: integer,
    length: integer,
    df: bool,
    mark: integer,
    iif: text,
    oif: text,
  },
  ['sport', 'dport', 'tcpFlags', 'icmp', 'iif', 'oif'],
);

const evidence = object(
  {
    plane: oneOf('sim', 'kernel'),
    artefact: object({ file: text, line: integer, rule: object({ table: text, chain: text, index: integer }) }, [
      'line',
      'rule',
    ]),
    text,
    by: text,
    setting: text,
  },
  ['by', 'setting'],
);

/** Steps carry fields of their kind besides these; a consumer that knows only these reads every walk. */
const step: Schema = {
  type: 'object',
  properties: {
    kind: oneOf(
      'enter',
      'leave',
      'ip-rule',
      'route',
      'neighbour',
      'rule',
      'policy',
      'nat',
      'choice',
      'socket',
      'conntrack',
      'tc',
      'ttl',
      'icmp-error',
      'fabric',
      'deliver',
      'answer',
      'drop',
      'unknown',
    ),
    action: text,
    because: text,
    evidence: ref('Evidence'),
    before: ref('Headers'),
    after: ref('Headers'),
  },
  required: ['kind', 'action', 'because', 'evidence', 'before', 'after'],
};

/** What killed a packet; each kind has fields of its own. */
const cause: Schema = { type: 'object', properties: { kind: text }, required: ['kind'] };

const stepRef = object({ leg: oneOf('forward', 'reply', 'followUp'), hop: integer, step: integer });
const ends = { kind: text, name: text, address: orNull(text), port };
const end = object(ends);
const asked = object({ ...ends, url: text }, ['url']);

const farEnd = object({
  reached: bool,
  name: text,
  address: text,
  sees: object({
    ip: text,
    port,
    identity: object({
      kind: oneOf(
        'pod',
        'node',
        'nat-gateway',
        'load-balancer',
        'control-plane',
        'internet-client',
        'server',
        'unowned',
      ),
      name: text,
    }),
    sharedBy: integer,
  }),
  ttl: integer,
  forwardedFor: list(text),
  proxyProtocol: orNull(text),
});

const roundTrip = object(
  {
    probability,
    disposition,
    diedAt: orNull(ref('StepRef')),
    farEnd,
    clientSees: orNull(object({ ip: text, port })),
    http: orNull(object({ status: integer, answeredBy: text, rule: integer })),
    forward: ref('Trace'),
    reply: orNull(ref('Trace')),
    followUp: ref('Trace'),
    assumptions: list(text),
    unknowns: list(text),
  },
  ['followUp'],
);

const dnsQuery = object(
  {
    name: text,
    type: oneOf('A', 'AAAA', 'SRV', 'PTR'),
    rcode: oneOf('NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED'),
    answers: list(text),
    answeredBy: oneOf('coredns', 'upstream', 'hosts'),
    line: integer,
  },
  ['line'],
);

/** JSON Schema (2020-12) of `trace -o json`: the stable contract. */
export const traceResultSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://packetwalk.dev/schema/v1/trace-result.json',
  title: 'packetwalk TraceResult',
  ...object({
    apiVersion: { const: 'packetwalk.dev/v1' },
    kind: { const: 'TraceResult' },
    query: object({ from: end, to: asked, protocol: text, at: text, resolved: list(dnsQuery) }),
    verdict: oneOf('delivered', 'failed', 'mixed', 'unknown'),
    roundTrips: list(roundTrip),
    blockers: list(object({ at: ref('StepRef'), cause: ref('Cause'), message: text, fix: text, setFlags: list(text) })),
    findings: list(
      object(
        { code: text, severity: oneOf('error', 'warning', 'info'), message: text, fix: text, setFlags: list(text) },
        ['setFlags'],
      ),
    ),
    assumptions: list(text),
    unknowns: list(text),
  }),
  $defs: {
    Headers: headers,
    Evidence: evidence,
    Step: step,
    StepRef: stepRef,
    Cause: cause,
    Trace: object({
      probability,
      disposition,
      hops: list(object({ where: object({ kind: text, name: text }), steps: list(ref('Step')) })),
    }),
  },
};

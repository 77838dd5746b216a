import type { RoundTrip, TraceResult } from '../../trace/index.ts';
import { endpoint } from '../words.ts';
import { arrivalOf, causeLines, unknownLine } from './arrival.ts';

/** The walk as `curl -s` prints it, one block a way it can go. `processOf` names the process that answered. */
export function renderCurl(result: TraceResult, url: string, processOf: (trip: RoundTrip) => string): string {
  const blocks = result.roundTrips.map((trip) => {
    const share =
      result.roundTrips.length > 1
        ? `# p=${Number(trip.probability.toFixed(6))}, answered by ${trip.farEnd.name}\n`
        : '';
    return share + body(trip, url, processOf(trip));
  });
  return [blocks.join('\n'), ...causeLines(result).map((line) => `${line}\n`)].join('');
}

function body(trip: RoundTrip, url: string, process: string): string {
  const { sees, forwardedFor } = trip.farEnd;
  if (trip.http !== null) return `${byItself(trip.http)}\n`;
  if (trip.disposition !== 'delivered' && trip.disposition !== 'answered') return `${failure(trip, url)}\n`;
  switch (process) {
    case 'echoserver':
      return `Request Information:\n    client_address=${sees.ip}\n    method=GET\n    request_uri=${url}\n${requestHeaders(forwardedFor)}`;
    case 'checkip':
      return `${sees.ip}\n`;
    case 'nginx':
      return `${accessLogLine(trip)}\n`;
    default:
      return `# connected to ${trip.farEnd.name} ${trip.farEnd.address}, which sees ${endpoint(sees.ip, sees.port)}${forwardedFor.length === 0 ? '' : ` and X-Forwarded-For: ${forwardedFor.join(', ')}`}; what ${process === '' ? 'listens there' : process} answers to HTTP is not in the input\n`;
  }
}

/** What `curl -s` has of an answer no server of the input gave: of its body nothing is known here but the status. */
const byItself = ({ status, answeredBy, rule }: NonNullable<RoundTrip['http']>): string =>
  `# ${answeredBy} answers ${status}${rule === 0 ? '' : `, by its rule ${rule}`}`;

/** As echoserver lists the headers it got. */
const requestHeaders = (forwardedFor: readonly string[]): string =>
  forwardedFor.length === 0 ? '' : `\nRequest Headers:\n    x-forwarded-for=${forwardedFor.join(', ')}\n`;

/** curl's exit code and words for each way a connection fails (curl(1), EXIT CODES). */
function failure(trip: RoundTrip, url: string): string {
  const unsure = unknownLine(trip);
  if (unsure !== undefined) return unsure;
  const { host, port } = addressOf(url);
  if (trip.disposition === 'not-sent') return `curl: (6) Could not resolve host: ${host}`;
  if (trip.diedAt?.leg === 'followUp') return `curl: (56) Recv failure: ${broken(trip)}`;
  const failed = `Failed to connect to ${host} port ${port}`;
  const told = errorOf(trip);
  return told === undefined
    ? `curl: (28) ${failed}: Connection timed out (${trip.disposition})`
    : `curl: (7) ${failed}: ${told}`;
}

/**
 * What a connection that is open ends with: a RST at once; else silence, as long as the kernel sends again what it sent
 * (net.ipv4.tcp_retries2: 15 times, some fifteen minutes), and an ICMP error is only remembered until then
 * (net/ipv4/tcp_ipv4.c tcp_v4_err, tcp_timer.c tcp_write_err).
 */
function broken({ followUp }: RoundTrip): string {
  const last = followUp?.hops.at(-1)?.steps.findLast(({ kind }) => kind === 'rule' || kind === 'drop');
  const reset =
    followUp?.disposition === 'refused' && (last?.kind === 'drop' || /tcp[ -]reset/.test(last?.evidence.text ?? ''));
  return reset ? 'Connection reset by peer' : 'Connection timed out';
}

/** What connect(2) fails with: a RST, an ICMP error about the SYN, or the sender's own stack. Undefined: silence. */
function errorOf(trip: RoundTrip): string | undefined {
  const { icmp, family } = arrivalOf(trip) ?? {};
  if (icmp !== undefined && family !== undefined) return ERRORS[family][`${icmp.type}/${icmp.code}`];
  if (trip.disposition === 'no-route') return 'Network is unreachable';
  if (trip.disposition !== 'refused') return undefined;
  const unsent = trip.forward.hops.length === 1 ? trip.forward.hops[0]?.steps.at(-1) : undefined;
  const cause = unsent?.kind === 'drop' ? unsent.cause : undefined;
  if (cause?.kind === 'no-real-server') return 'No route to host';
  if (cause?.kind !== 'refusing-route') return 'Connection refused';
  return cause.type === 'prohibit' ? 'Permission denied' : 'No route to host';
}

/** net/ipv4/icmp.c icmp_err_convert, net/ipv6/icmp.c tab_unreach, in the words of strerror(3). */
const ERRORS: Readonly<Record<4 | 6, Readonly<Record<string, string>>>> = {
  4: {
    '3/0': 'Network is unreachable',
    '3/1': 'No route to host',
    '3/2': 'Protocol not available',
    '3/3': 'Connection refused',
    '3/9': 'Network is unreachable',
    '3/10': 'No route to host',
    '3/13': 'No route to host',
    '11/0': 'No route to host',
  },
  6: {
    '1/0': 'Network is unreachable',
    '1/1': 'Permission denied',
    '1/3': 'No route to host',
    '1/4': 'Connection refused',
    '3/0': 'No route to host',
  },
};

function addressOf(url: string): { readonly host: string; readonly port: string } {
  const [, scheme, host = '', port] = /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/?#]*)(?::(\w+))?/.exec(url) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: port ?? (scheme === 'https' ? '443' : '80') };
}

/** The line the far end's nginx writes, in the combined format; a model has no clock, so the time is a dash. */
export function accessLogLine(trip: RoundTrip): string {
  return `${trip.farEnd.sees.ip} - - [-] "GET / HTTP/1.1" 200 615 "-" "curl/8.5.0"`;
}

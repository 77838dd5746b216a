import type { RoundTrip, TraceResult } from '../../trace/index.ts';
import { endpoint } from '../words.ts';
import { unknownLine } from './arrival.ts';

/** The walk as `curl -s` prints it, one block a way it can go. `processOf` names the process that answered. */
export function renderCurl(result: TraceResult, url: string, processOf: (trip: RoundTrip) => string): string {
  const blocks = result.roundTrips.map((trip) => {
    const share =
      result.roundTrips.length > 1
        ? `# p=${Number(trip.probability.toFixed(6))}, answered by ${trip.farEnd.name}\n`
        : '';
    return share + body(trip, url, processOf(trip));
  });
  return blocks.join('\n');
}

function body(trip: RoundTrip, url: string, process: string): string {
  const { sees } = trip.farEnd;
  if (trip.disposition !== 'delivered' && trip.disposition !== 'answered') return `${failure(trip, url)}\n`;
  switch (process) {
    case 'echoserver':
      return `Request Information:\n    client_address=${sees.ip}\n    method=GET\n    request_uri=${url}\n`;
    case 'checkip':
      return `${sees.ip}\n`;
    case 'nginx':
      return `${accessLogLine(trip)}\n`;
    default:
      return `# connected to ${trip.farEnd.name} ${trip.farEnd.address}, which sees ${endpoint(sees.ip, sees.port)}; what ${process === '' ? 'listens there' : process} answers to HTTP is not in the input\n`;
  }
}

/** curl's exit code and words for each way a connection fails (curl(1), EXIT CODES). */
function failure(trip: RoundTrip, url: string): string {
  const unsure = unknownLine(trip);
  if (unsure !== undefined) return unsure;
  const host = url.replace(/^https?:\/\//, '').replace(/[/?#].*$/, '');
  if (trip.disposition === 'not-sent') return `curl: (6) Could not resolve host: ${host}`;
  if (trip.disposition === 'refused') return `curl: (7) Failed to connect to ${host}: Connection refused`;
  if (trip.disposition === 'no-route') return `curl: (7) Failed to connect to ${host}: No route to host`;
  return `curl: (28) Failed to connect to ${host}: Connection timed out (${trip.disposition})`;
}

/** The line the far end's nginx writes, in the combined format; a model has no clock, so the time is a dash. */
export function accessLogLine(trip: RoundTrip): string {
  return `${trip.farEnd.sees.ip} - - [-] "GET / HTTP/1.1" 200 615 "-" "curl/8.5.0"`;
}

import { accessLogLine } from '../../render/index.ts';
import type { World } from '../../world/index.ts';
import { answerOn } from '../answer.ts';

export interface LogRow {
  readonly destination: string;
  readonly before: string;
  readonly after: string;
  readonly article: string;
}

const DESTINATIONS = [
  { destination: 'same VPC', url: 'http://files.vpc.example', article: 'the pod, before and after' },
  {
    destination: 'connected VPC (peering)',
    url: 'http://legacy.peer.example',
    article: 'the node before, the pod after',
  },
  { destination: 'public internet', url: 'http://webhook.example', article: 'the NAT gateway, before and after' },
] as const;

/** The source-address article: one curl to each class of server, before and after EXTERNALSNAT, as nginx logs it. */
export async function accessLogs(before: World, after: World): Promise<LogRow[]> {
  const line = async (world: World, url: string): Promise<string> => {
    const { roundTrips } = await answerOn(world, { from: 'pod/apps/curl', to: url });
    const [trip] = roundTrips;
    if (trip === undefined || !trip.farEnd.reached) return `no log line: ${trip?.disposition ?? 'nothing'}`;
    return `${accessLogLine(trip)}   (${trip.farEnd.sees.identity.kind})`;
  };
  const rows: LogRow[] = [];
  for (const { destination, url, article } of DESTINATIONS) {
    rows.push({ destination, article, before: await line(before, url), after: await line(after, url) });
  }
  return rows;
}

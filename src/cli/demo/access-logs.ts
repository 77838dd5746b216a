import { setTimeout as wait } from 'node:timers/promises';
import { accessLogLine } from '../../render/index.ts';
import type { TraceResult } from '../../trace/index.ts';
import type { World } from '../../world/index.ts';
import { answerOn } from '../answer.ts';
import type { Kernel } from './kernel.ts';
import { notInstalled } from './observe.ts';

/** The line one request leaves in the far end's access log. */
export interface LogLine {
  readonly model: string;
  /** Whose address stands in it. */
  readonly sender: string;
  /** The line the far end's program wrote in the lab. */
  readonly kernel?: string;
  /** Why a lab did not ask. */
  readonly notRun?: string;
}

export interface LogRow {
  readonly destination: string;
  readonly article: string;
  readonly before: LogLine;
  readonly after: LogLine;
}

const CLIENT = 'pod/apps/curl';
const DESTINATIONS = [
  { destination: 'same VPC', url: 'http://files.vpc.example', article: 'the pod, before and after' },
  {
    destination: 'connected VPC (peering)',
    url: 'http://legacy.peer.example',
    article: 'the node before, the pod after',
  },
  { destination: 'public internet', url: 'http://webhook.example', article: 'the NAT gateway, before and after' },
] as const;

/**
 * The source-address article: one curl to each class of server, before and after EXTERNALSNAT, as nginx logs it. A kernel
 * holds `before` when it is given, and is changed to hold `after`, as a running cluster would be.
 */
export async function accessLogs(before: World, after: World, kernel?: Kernel): Promise<LogRow[]> {
  const first = await linesOn(before, kernel);
  await kernel?.change(after);
  const then = await linesOn(after, kernel);
  return DESTINATIONS.flatMap(({ destination, article }, index) => {
    const [old, changed] = [first[index], then[index]];
    return old === undefined || changed === undefined ? [] : [{ destination, article, before: old, after: changed }];
  });
}

async function linesOn(world: World, kernel: Kernel | undefined): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  for (const { url } of DESTINATIONS) {
    const result = await answerOn(world, { from: CLIENT, to: url });
    lines.push({ ...modelled(result), ...(kernel === undefined ? {} : await logged(kernel, result, url)) });
  }
  return lines;
}

function modelled({ roundTrips: [trip] }: TraceResult): LogLine {
  if (trip === undefined || !trip.farEnd.reached)
    return { model: `no log line: ${trip?.disposition ?? 'nothing'}`, sender: 'nobody' };
  return { model: accessLogLine(trip), sender: trip.farEnd.sees.identity.kind };
}

const MOST_LOOKS = 100;
const LOOK_EVERY = 20;

/** A program logs a request when it has answered, that is, shortly after curl has ended. */
async function logged(
  kernel: Kernel,
  { roundTrips: [trip] }: TraceResult,
  url: string,
): Promise<Pick<LogLine, 'kernel' | 'notRun'>> {
  if (!kernel.has('curl')) return notInstalled('curl');
  const server = trip?.farEnd.name ?? '';
  const lines = (): readonly string[] => kernel.heard().flatMap(({ netns, line }) => (netns === server ? [line] : []));
  const known = lines().length;
  const { status } = await kernel.run(CLIENT, ['curl', '-s', '-o', '/dev/null', url]);
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const line = lines()[known];
    if (line !== undefined) return { kernel: line };
    await wait(LOOK_EVERY);
  }
  return { kernel: `no log line: curl exit ${status}` };
}

/** Whether the lab's program wrote what the model says, but for the clock and the version of curl, which no model has. */
export const sameLine = ({ model, kernel }: LogLine): boolean =>
  kernel === undefined || withoutClock(model) === withoutClock(kernel);

const withoutClock = (line: string): string => line.replace(/\[[^\]]*\]/, '[-]').replace(/"curl\/[^"]*"/, '"curl"');

import { fraction } from '../../../base/index.ts';
import type { PortRange } from '../../../linux/index.ts';
import type { PortVerdict } from '../../../world/index.ts';
import { evidenceOf } from '../evidence.ts';
import type { Frame } from '../types.ts';

/** Ports a rule goes by. Whether it holds for one is told to the dice too, in case that one was drawn. */
export interface PortTest {
  readonly not: boolean;
  readonly ranges: readonly PortRange[];
  /** What it decides about every port there is: made once, asked for where a drawn port met it. */
  readonly verdicts: () => readonly PortVerdict[];
}

export function portTest(ranges: readonly PortRange[], not: boolean): PortTest {
  let made: readonly PortVerdict[] | undefined;
  return {
    not,
    ranges,
    verdicts: () => {
      made ??= verdictsOf(ranges);
      return made;
    },
  };
}

const LAST_PORT = 65_535;

function verdictsOf(ranges: readonly PortRange[]): readonly PortVerdict[] {
  const found: PortVerdict[] = [];
  let next = 0;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (to < next) continue;
    if (from > next) found.push({ from: next, to: from - 1, verdict: 'out' });
    found.push({ from: Math.max(from, next), to, verdict: 'in' });
    next = to + 1;
  }
  return next > LAST_PORT ? found : [...found, { from: next, to: LAST_PORT, verdict: 'out' }];
}

/** Where one way is walked and the port was drawn, what share of ports the rule would have treated alike is named as assumed. */
export function testPort(frame: Frame, { not, ranges, verdicts }: PortTest, port: number): boolean {
  tellPort(frame, port, verdicts);
  for (const range of ranges) if (port >= range.from && port <= range.to) return !not;
  return not;
}

/** Tells the dice what is decided about each port there is, in case this one was drawn. */
export function tellPort(frame: Frame, port: number, verdicts: () => readonly PortVerdict[]): void {
  const share = frame.walk.dice.decides?.(port, verdicts);
  if (share === undefined) return;
  const { label, p } = share;
  const what = `goes alike about ${label} (${fraction(p)}), and otherwise about the rest`;
  frame.walk.assumptions.add(`port ${port} was drawn: ${placeOf(frame)} ${what}`);
}

/** Whether it holds for each of these ports, in their order, and for no other. */
export function verdictsOfPorts(ports: readonly number[], holds: (port: number) => boolean): readonly PortVerdict[] {
  const ranges: { from: number; to: number }[] = [];
  for (const port of ports) {
    if (!holds(port)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.to + 1 === port) last.to = port;
    else ranges.push({ from: port, to: port });
  }
  return verdictsOf(ranges);
}

/** A set may have any ports: which others it decides alike about is not worked out. */
export function noteDrawn(frame: Frame, port: number): void {
  if (frame.walk.dice.drew?.(port) !== true) return;
  frame.walk.assumptions.add(
    `port ${port} was drawn, and a set that ${placeOf(frame)} asks has ports: for another port it may decide otherwise`,
  );
}

function placeOf(frame: Frame): string {
  const { artefact } = evidenceOf(frame);
  return artefact.line === undefined ? artefact.file : `${artefact.file}:${artefact.line}`;
}

import { fraction } from '../../../base/index.ts';
import type { TrafficClass } from '../../../fabric/index.ts';
import type { PortVerdict } from '../../../world/index.ts';
import type { Packet } from '../../packet.ts';
import type { FabricWalk } from '../fabric-walk.ts';
import { destinationPort } from './match-traffic.ts';

/** A rule for what a packet is but for its port, and what it decides. */
export interface PortRule {
  readonly ports: TrafficClass['ports'];
  readonly verdict: string;
}

type Range = NonNullable<PortRule['ports']>;

const LAST_PORT = 65_535;

/**
 * Tells the dice what a filter decides about a packet to each port, in case the one it is for was drawn: an answer's is the one
 * its request was sent from. `rules` in the order they are asked, `otherwise` what no rule decides.
 */
export function decideByPort(
  { walk }: FabricWalk,
  packet: Packet,
  who: string,
  rules: () => readonly PortRule[],
  otherwise: string,
): void {
  const port = destinationPort(packet);
  if (port === undefined || walk.dice.decides === undefined) return;
  const share = walk.dice.decides(port, () => verdictsOf(rules(), otherwise));
  if (share === undefined) return;
  const { label, p } = share;
  walk.assumptions.add(
    `port ${port} was drawn: ${who} decides alike about ${label} (${fraction(p)}), and otherwise about the rest`,
  );
}

/** All ports, in parts that each is inside or outside of every one of some ranges. */
export function partsOf(ranges: readonly Range[]): readonly Range[] {
  const starts = new Set([0, ...ranges.flatMap(({ from, to }) => [from, to + 1])]);
  const inOrder = [...starts].filter((start) => start <= LAST_PORT).sort((a, b) => a - b);
  return inOrder.map((from, at) => ({ from, to: (inOrder[at + 1] ?? LAST_PORT + 1) - 1 }));
}

/** By the first rule for each port. */
function verdictsOf(rules: readonly PortRule[], otherwise: string): readonly PortVerdict[] {
  const found: PortVerdict[] = [];
  let open: readonly Range[] = [{ from: 0, to: LAST_PORT }];
  for (const { ports = { from: 0, to: LAST_PORT }, verdict } of rules) {
    const left: Range[] = [];
    for (const { from, to } of open) {
      const part = { from: Math.max(from, ports.from), to: Math.min(to, ports.to) };
      if (part.from > part.to) left.push({ from, to });
      else {
        found.push({ ...part, verdict });
        if (from < part.from) left.push({ from, to: part.from - 1 });
        if (part.to < to) left.push({ from: part.to + 1, to });
      }
    }
    open = left;
    if (open.length === 0) break;
  }
  return [...found, ...open.map((part) => ({ ...part, verdict: otherwise }))].sort((a, b) => a.from - b.from);
}

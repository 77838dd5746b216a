import type { Eni, Fabric } from '../../src/fabric/index.ts';
import { ip } from '../../src/net/index.ts';
import { firstDice } from '../../src/sim/dice.ts';
import { leaveEni } from '../../src/sim/fabric/cross-fabric.ts';
import { indexFabric } from '../../src/sim/fabric/fabric-index.ts';
import type { Crossing, FabricWalk } from '../../src/sim/fabric/fabric-walk.ts';
import { TrackedFlows } from '../../src/sim/fabric/filters/tracked-flows.ts';
import { ProxyConnections } from '../../src/sim/fabric/load-balancer/application/connections.ts';
import { FlowTable } from '../../src/sim/fabric/load-balancer/flow-table.ts';
import { NatTable } from '../../src/sim/fabric/nat-table.ts';
import type { L4, Packet } from '../../src/sim/packet.ts';
import type { Place, Step } from '../../src/trace/index.ts';

// One packet through the test World's fabric, and where it comes out in a line.

export interface Seen {
  readonly on: FabricWalk;
  readonly places: Place[];
  readonly steps: Step[];
}

export function walkOf(
  fabric: Fabric,
  now = 0,
  tables = new Map<string, NatTable>(),
  tracked = new Map<string, TrackedFlows>(),
): Seen {
  const places: Place[] = [];
  const steps: Step[] = [];
  const connections = new ProxyConnections();
  const flows = new FlowTable();
  const on: FabricWalk = {
    index: indexFabric(fabric),
    pins: () => new Map(),
    nat: (gateway) => {
      const table = tables.get(gateway) ?? new NatTable();
      tables.set(gateway, table);
      return table;
    },
    tracked: (eni) => {
      const flowsOf = tracked.get(eni) ?? new TrackedFlows();
      tracked.set(eni, flowsOf);
      return flowsOf;
    },
    proxy: () => connections,
    walk: { dice: firstDice(), now, record: (step) => steps.push(step), assumptions: new Set() },
    flows: () => flows,
    checkTarget: () => ({ kind: 'healthy' }),
    announce: () => undefined,
    enter: (place) => places.push(place),
  };
  return { on, places, steps };
}

export const packet = (src: string, dst: string, of: Partial<Packet> = {}): Packet => ({
  family: dst.includes(':') ? 6 : 4,
  src: ip(src),
  dst: ip(dst),
  protocol: 'tcp',
  ttl: 127,
  tos: 0,
  length: 60,
  df: true,
  l4: { kind: 'tcp', sport: 40000, dport: 80, flags: ['SYN'] },
  ...of,
});

export const eniNamed = (fabric: Fabric, name: string): Eni => {
  const found = fabric.enis.find((each) => each.id === name);
  if (found === undefined) throw new Error(`no ENI ${name}`);
  return found;
};

/** A frame to the router, from an ENI. */
export const leave = (seen: Seen, name: string, sent: Packet): Crossing => {
  const { fabric } = seen.on.index;
  const from = eniNamed(fabric, name);
  const router = fabric.subnets.find((each) => each.id === from.subnet)?.router ?? ip('0.0.0.0');
  return leaveEni(seen.on, from, sent, router, undefined);
};

/** `arrive node/a ens5 10.0.0.75 ttl 127`, `dropped: because`, ... */
export function show(crossing: Crossing): string {
  const { packet: end } = crossing;
  switch (crossing.kind) {
    case 'arrive':
      return `arrive ${crossing.netns} ${crossing.dev} ${end.src} > ${end.dst} ttl ${end.ttl}`;
    case 'died':
      return `${crossing.disposition}: ${crossing.because}`;
    case 'delivered':
      return `delivered ${crossing.name}`;
    case 'unknown':
      return `unknown: ${crossing.what}`;
  }
}

export const PORTS: L4 = { kind: 'ports', sport: 40000, dport: 53 };

import { listChain, type Netns, type NetnsId, type TableName } from '../../linux/index.ts';
import { openSession } from '../../sim/index.ts';
import type { Probe, RoundTrip, TraceResult } from '../../trace/index.ts';
import type { World } from '../../world/index.ts';
import { answerOn } from '../answer.ts';
import { CommandError } from '../io.ts';

/** The article's cluster with the few questions its experiments ask of it. */
export interface Lab {
  readonly world: World;
  netns(id: string): Netns;
  /** `iptables -t TABLE -L CHAIN -n` on a node. */
  list(node: string, table: TableName, chain: string): string;
  ask(from: string, to: string, protocol?: 'tcp' | 'udp' | 'icmp', fromPort?: number): Promise<TraceResult>;
  /** conntrack's lines after one whole HTTP exchange that took the given way. */
  converse(
    probe: Probe,
    node: string,
    endpoint: string,
  ): { readonly trip: RoundTrip; readonly entries: ReturnType<ReturnType<typeof openSession>['conntrack']> };
}

const MAX_SEEDS = 64;

/** `protocolNames`: how the iptables its listings stand beside prints protocols. */
export function openLab(world: World, protocolNames = true): Lab {
  const netns = (id: string): Netns => {
    const found = world.netns.get(id as NetnsId); // a name of this world, or an error
    if (found === undefined) throw new CommandError(`The example has no ${id}`);
    return found;
  };
  return {
    world,
    netns,
    list: (node, table, chain) => listChain(netns(node).iptables.ip, table, chain, { protocolNames }),
    ask: (from, to, protocol = 'tcp', fromPort) =>
      answerOn(world, { from, to, protocol, ...(fromPort === undefined ? {} : { fromPort }) }),
    converse(probe, node, endpoint) {
      for (let option = 0; option < MAX_SEEDS; option++) {
        const session = openSession(world);
        const trip = session.converse(probe, {
          choose: (options) => Math.min(option, options.length - 1),
          port: (min) => min,
        });
        if (trip.farEnd.address === endpoint) return { trip, entries: session.conntrack(netns(node).id) };
      }
      throw new CommandError(`No way leads to ${endpoint}`);
    },
  };
}

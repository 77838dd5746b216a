import type { Family } from '../../../../net/index.ts';
import { block } from '../nft-text.ts';
import type { Port } from '../port.ts';

/** Seconds after which an idle flow is forgotten. */
export interface Idle {
  readonly tcp: number;
  readonly udp: number;
}

/** An ENI that sends on what clients sent it, with the clients' own addresses. */
export interface KeptClients {
  readonly port: Port;
  readonly idle: Idle;
}

const IP = { 4: 'ip', 6: 'ip6' } as const;
const ADDRESS = { 4: 'ipv4_addr', 6: 'ipv6_addr' } as const;
const FLOWS = 65_536;

const setName = (family: Family, at: number): string => `kept${family}_${at}`;
const backChain = (at: number): string => `back_${at}`;
const noteChain = (at: number): string => `note_${at}`;

const familiesOf = ({ owned }: Port): readonly Family[] =>
  ([4, 6] as const).filter((family) => owned.some((each) => each.family === family));

/**
 * What a target answers to a client whose address was kept is addressed to the client, and the VPC hands it to the load balancer
 * as it leaves the target's ENI, wherever it would have gone; what never leaves by an ENI is never seen (NLB user guide, client IP
 * preservation). So each flow that comes from the load balancer's ENI in a client's name is noted, as its answers will look.
 */
export function keptChains(kept: readonly KeptClients[]): readonly (readonly string[])[] {
  if (kept.length === 0) return [];
  return [
    ...kept.flatMap(({ port, idle }, at) => [
      ...familiesOf(port).map((family) =>
        block(`set ${setName(family, at)}`, [
          `type ${ADDRESS[family]} . inet_service . ${ADDRESS[family]} . inet_service . inet_proto`,
          `size ${FLOWS}`,
          'flags dynamic,timeout',
        ]),
      ),
      block(
        `chain ${noteChain(at)}`,
        familiesOf(port).flatMap((family) => note(port, family, at, idle)),
      ),
      block(`chain ${backChain(at)}`, [`ether daddr set ${port.mac}`, `fwd to "${port.dev}"`]),
    ]),
    block('chain kept', [
      `iif vmap { ${kept.map(({ port }, at) => `"${port.dev}" : goto ${noteChain(at)}`).join(', ')} }`,
      ...kept.flatMap(({ port }, at) =>
        familiesOf(port).map((family) => {
          const ip = IP[family];
          const flow = `${ip} saddr . th sport . ${ip} daddr . th dport . meta l4proto`;
          return `meta protocol ${ip} meta l4proto { tcp, udp } ${flow} @${setName(family, at)} goto ${backChain(at)}`;
        }),
      ),
    ]),
  ];
}

/** Rules for what leaves any ENI. */
export const keptRules = (kept: readonly KeptClients[]): readonly string[] => (kept.length === 0 ? [] : ['jump kept']);

/** Matches what a load balancer's ENI with one of these groups, or any, sends on in a client's name: to a target's groups it is the sender. */
export const keptFrom = (kept: readonly KeptClients[], group: string | undefined, family: Family): readonly string[] =>
  kept.flatMap(({ port }, at) =>
    (group === undefined || port.groups.includes(group)) && familiesOf(port).includes(family)
      ? [`${answerOf(family)} @${setName(family, at)}`]
      : [],
  );

/** The flow as its answers will look. */
const answerOf = (family: Family): string =>
  `${IP[family]} daddr . th dport . ${IP[family]} saddr . th sport . meta l4proto`;

function note({ owned }: Port, family: Family, at: number, idle: Idle): readonly string[] {
  const ip = IP[family];
  const own = owned.filter((each) => each.family === family).map(({ text }) => text);
  return (['tcp', 'udp'] as const).map(
    (l4) =>
      `meta protocol ${ip} ${ip} saddr != { ${own.join(', ')} } meta l4proto ${l4} update @${setName(family, at)} { ${answerOf(family)} timeout ${idle[l4]}s }`,
  );
}

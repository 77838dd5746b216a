import { answerCluster, type Dns, type DnsAnswer, type DnsQuestion, isFromOutside } from '../fabric/index.ts';
import type { NetnsId } from '../linux/index.ts';
import { parseIp } from '../net/index.ts';
import type { SilentServer } from '../trace/index.ts';
import { servesClusterNames, type World } from '../world/index.ts';
import type { Session } from './session.ts';

/** Questions of one lookup, and what was learned by asking them. */
export interface Asked {
  readonly world: World;
  readonly session: Session;
  readonly unknowns: Set<string>;
  readonly silent: Map<string, SilentServer>;
  /** What each of the cluster's name servers hears from outside. */
  readonly upstreams: Map<NetnsId, Upstream>;
}

/** Whether one of the servers answers, or why nobody can know. */
type Upstream = { readonly answers: boolean } | { readonly unknown: string };

/**
 * What a name server of the cluster says. For a name outside, and what an alias leads to there, it asks the servers of its own
 * resolv.conf (`forward . /etc/resolv.conf`): a walk of its own, and where none answers the client hears SERVFAIL
 * (coredns plugin/forward/forward.go). `itself`: the namespace it runs in.
 */
export function answerForwarding(on: Asked, itself: NetnsId | undefined, dns: Dns, question: DnsQuestion): DnsAnswer {
  const answer = answerCluster(dns, question);
  if (itself === undefined || answer.unknown !== undefined || !isFromOutside(dns, answer)) return answer;
  const upstream = on.upstreams.get(itself) ?? askUpstream(on, itself);
  on.upstreams.set(itself, upstream);
  if ('unknown' in upstream) return { ...answer, unknown: upstream.unknown };
  return upstream.answers ? answer : answerCluster(dns, { ...question, silent: true });
}

/** It goes from one server to the next until one answers. A namespace without a resolv.conf says nothing of whom it asks. */
function askUpstream({ world, session, silent }: Asked, itself: NetnsId): Upstream {
  const servers = (world.netns.get(itself)?.resolvConf?.nameservers ?? []).flatMap((each) => parseIp(each) ?? []);
  let unknown: string | undefined;
  for (const dst of servers) {
    if (servesClusterNames(world, dst, 53)) {
      unknown ??= `${itself} asks the cluster's name server, itself, for names outside the cluster: what comes of that hangs on its plugin "loop"`;
      continue;
    }
    const trip = session.send({ from: itself, dst, dport: 53, protocol: 'udp' }, undefined, 'verdict-only');
    if (trip.disposition === 'delivered') return { answers: true };
    unknown ??= trip.unknowns[0];
    silent.set(`${itself} ${dst}`, { address: dst, disposition: trip.disposition, by: itself });
  }
  return unknown === undefined ? { answers: servers.length === 0 } : { unknown };
}

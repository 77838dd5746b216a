import type { Finding, RoundTrip } from '../trace/index.ts';

/**
 * A pod that reached itself, and what it takes itself for: a Service's rules put the address of a node in, one of several where it
 * has the choice; behind a load balancer it may be the balancer's, or that of a gateway on the way out and in again.
 */
export function hairpin(trips: readonly RoundTrip[]): Finding[] {
  const own = trips.filter(({ forward, farEnd }) => {
    const first = forward.hops[0]?.where;
    return farEnd.reached && first?.kind === 'pod' && farEnd.name === `pod/${first.name}` && forward.hops.length > 1;
  });
  const through = new Set(own.map(balancerOf));
  return [...through].map((balancer) =>
    saying(
      balancer,
      own.filter((trip) => balancerOf(trip) === balancer),
    ),
  );
}

/** The last load balancer a packet came through, which chose the target. */
const balancerOf = ({ forward }: RoundTrip): string | undefined =>
  forward.hops.findLast(({ where }) => where.kind === 'load-balancer')?.where.name;

function saying(balancer: string | undefined, own: readonly RoundTrip[]): Finding {
  const odds = own.reduce((sum, { probability }) => sum + probability, 0);
  const p = `(p = ${Number(odds.toFixed(4))})`;
  const byNode = own.every(({ farEnd }) => farEnd.sees.identity.kind === 'node');
  const what =
    balancer === undefined
      ? `The Service can pick the calling pod itself ${p}`
      : `Load balancer ${balancer} can lead back to the calling pod itself ${p}`;
  const whose = balancer === undefined && byNode ? '' : `, ${either(own.map(ownerOf))},`;
  return {
    code: 'hairpin',
    severity: 'warning',
    message: `${what}: it then sees ${either(own.map(({ farEnd }) => farEnd.sees.ip))}${whose} as its client`,
    fix: `allow ${byNode ? 'the node address' : 'that address'} where a policy or an allow-list compares pod addresses, or call localhost`,
  };
}

const MAX_LISTED = 3;

function either(texts: readonly string[]): string {
  const once = [...new Set(texts)];
  const more = once.length - MAX_LISTED;
  return [...once.slice(0, MAX_LISTED), ...(more > 0 ? [`${more} more`] : [])].join(' or ');
}

function ownerOf({ farEnd }: RoundTrip): string {
  const { kind, name } = farEnd.sees.identity;
  switch (kind) {
    case 'pod':
      return `pod/${name}` === farEnd.name ? 'its own address' : `pod ${name}`;
    case 'node':
      return `node ${name.split('.')[0] ?? name}`;
    case 'nat-gateway':
      return `NAT gateway ${name}`;
    case 'load-balancer':
      return 'an address of the load balancer';
    default:
      return 'which nobody in the cluster has';
  }
}

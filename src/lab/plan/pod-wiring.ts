import {
  type Link,
  type Netns,
  showAddress,
  showLinkLine,
  showNeighbour,
  showRoute,
  showRule,
} from '../../linux/index.ts';

/** A pod as the CNI leaves it: its own namespace, and what is about it on its node. */
export interface PodEnds {
  readonly pod: Netns['id'];
  readonly node: Netns['id'];
  /** Host end of its pair. */
  readonly veth: string;
  readonly address: string;
}

/**
 * What the CNI wired for a pod, of one namespace, a line each as `ip` prints it. Nothing else of the namespace is looked at:
 * what later plugins and other pods add is not this one's.
 */
export function wiringLines(netns: Netns, { pod, node, veth, address }: PodEnds): readonly string[] {
  if (netns.id !== pod && netns.id !== node) return [];
  const whole = netns.id === pod;
  const isOurs = (dev: string | undefined): boolean => dev !== undefined && (whole ? dev !== 'lo' : dev === veth);
  return [
    ...netns.links.filter((link) => isOurs(link.ifname)).flatMap(linkLines),
    ...netns.addresses.filter(({ dev }) => isOurs(dev)).map((each) => `addr ${showAddress(each)} dev ${each.dev}`),
    ...netns.routes.filter(({ dev }) => isOurs(dev)).map((each) => `route ${showRoute(each)}`),
    ...netns.rules
      .filter((rule) => whole || [rule.src, rule.dst].some((block) => block?.text.split('/')[0] === address))
      .map((rule) => `rule ${showRule(rule).replaceAll('\t', ' ')}`),
    ...netns.neighbours.filter(({ dev }) => isOurs(dev)).map((each) => `neigh ${showNeighbour(each)}`),
    ...[...netns.sysctls]
      .filter(([name]) => !whole && name.includes(`.${veth}.`))
      .map(([name, value]) => `sysctl ${name} = ${value}`),
  ];
}

const linkLines = (link: Link): readonly string[] => [
  `link ${showLinkLine(link)}`,
  `link ${link.ifname} address ${link.address}`,
];

/** What of a pod's wiring a namespace lacks. */
export function missingWiring(wanted: Netns, found: Netns, ends: PodEnds): readonly string[] {
  const there = new Set(wiringLines(found, ends));
  return wiringLines(wanted, ends).filter((line) => !there.has(line));
}

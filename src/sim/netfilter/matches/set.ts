import { dimensionsOfSet, type IpSet, type Match } from '../../../linux/index.ts';
import { perNetns } from '../../per-netns.ts';
import type { Host } from '../../types.ts';
import { stopUnknown } from '../evidence.ts';
import { indexSet, type SetIndex, type Shown } from '../ipset/set-index.ts';
import type { Frame, MatchModule } from '../types.ts';
import { tellPort, verdictsOfPorts } from './by-port.ts';
import { portsOf } from './ports.ts';

type SetMatch = Extract<Match, { kind: 'set' }>;

/**
 * xt_set.c, set_match_v4: whether the packet's addresses and ports, each end as the flags say, are an element. A set with
 * more parts than there are flags holds nothing, and so does one of the other family (ip_set_core.c, ip_set_test).
 */
export const set: MatchModule<SetMatch> = {
  eval(match) {
    return (frame) => {
      const index = setNamed(frame, match.name);
      if (index === undefined) return false;
      return isIn(frame, index, match) !== match.not;
    };
  },
};

/** Undefined: `Frame.result` says why nobody can tell. */
function setNamed(frame: Frame, name: string): SetIndex | undefined {
  const { host } = frame;
  const found = setsOf(host).get(name);
  if (found?.index !== undefined) return found.index;
  stopUnknown(
    frame,
    found === undefined
      ? absent(host, name)
      : `cannot decide "${found.set.unsupported ?? found.set.type}" of ${host.folder}/ipset-save`,
  );
  return undefined;
}

const absent = ({ netns, folder }: Host, name: string): string =>
  netns.ipsets === undefined
    ? `what set "${name}" holds is not known: there is no ${folder}/ipset-save`
    : `no set "${name}" in ${folder}/ipset-save`;

interface NamedSet {
  readonly set: IpSet;
  readonly index: SetIndex | undefined;
}

const setsOf = perNetns(
  ({ ipsets = [] }): ReadonlyMap<string, NamedSet> => new Map(ipsets.map((each) => [each.name, namedSet(each)])),
);

/** Namespaces share sets: each is indexed once. */
const known = new WeakMap<IpSet, NamedSet>();

function namedSet(each: IpSet): NamedSet {
  let made = known.get(each);
  if (made === undefined) {
    const dimensions = each.unsupported === undefined ? dimensionsOfSet(each.type) : undefined;
    made = { set: each, index: dimensions === undefined ? undefined : indexSet(each, dimensions) };
    known.set(each, made);
  }
  return made;
}

function isIn(frame: Frame, index: SetIndex, { flags, returnNomatch }: SetMatch): boolean {
  const { packet } = frame.skb;
  const { dimensions, family } = index;
  if (flags.length < dimensions.length || (family !== undefined && family !== packet.family)) return false;
  const shown: Shown[] = [];
  let drawn = -1;
  for (const [at, kind] of dimensions.entries()) {
    const source = flags[at] === 'src';
    if (kind !== 'port') shown.push({ ip: source ? packet.src : packet.dst });
    else {
      const ports = portsOf(packet);
      // A port map has those of TCP and UDP only (ip_set_bitmap_port.c, ip_set_get_ip_port).
      const takes = family !== undefined || packet.protocol === 'tcp' || packet.protocol === 'udp';
      if (ports === undefined || !takes) return false;
      const port = source ? ports.sport : ports.dport;
      if (frame.walk.dice.drew?.(port) === true) drawn = at;
      shown.push({ protocol: packet.protocol, port });
    }
  }
  if (drawn >= 0) tellDrawn(frame, index, shown, drawn, returnNomatch);
  return holdsFor(index, shown, returnNomatch);
}

function holdsFor(index: SetIndex, shown: readonly Shown[], returnNomatch: boolean): boolean {
  const found = index.find(shown);
  return found !== undefined && found.nomatch === returnNomatch;
}

/** What the set has with the packet's other parts are the ports by which it could have gone otherwise: often none. */
function tellDrawn(frame: Frame, index: SetIndex, shown: readonly Shown[], at: number, returnNomatch: boolean): void {
  const own = shown[at];
  if (own === undefined || 'ip' in own) return;
  const ports = index.portsWith(shown, at);
  if (ports.length === 0) return;
  tellPort(frame, own.port, () =>
    verdictsOfPorts(ports, (port) => holdsFor(index, shown.with(at, { protocol: own.protocol, port }), returnNomatch)),
  );
}

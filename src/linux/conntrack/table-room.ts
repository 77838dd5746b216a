import type { Netns } from '../netns.ts';
import type { ConntrackEntry } from './types.ts';

/** How many connections a namespace held when it was looked at, of how many it may. */
export interface TableRoom {
  readonly count: number;
  readonly max: number;
  /** The lines that say so, and the artefact they are in. */
  readonly text: string;
  readonly file: 'sysctl' | 'conntrack';
  /** Every one of them is known, and none is let go of for a new one. */
  readonly kept: boolean;
}

const COUNT = 'net.netfilter.nf_conntrack_count';
const MAX = 'net.netfilter.nf_conntrack_max';

/** From where on the kernel clears up, and it is worth telling (nf_conntrack_core.c gc_worker, nf_conntrack_max95). */
const NEARLY = 0.95;

/** Undefined: the table has room, as far as is known. A limit of 0 is none (nf_conntrack_core.c __nf_conntrack_alloc). */
export function tableRoom({ sysctls, conntrack }: Pick<Netns, 'sysctls' | 'conntrack'>): TableRoom | undefined {
  const max = Number(sysctls.get(MAX) ?? 0);
  const said = sysctls.get(COUNT);
  const count = said === undefined ? conntrack.length : Number(said);
  if (!(max > 0) || !(count + 1 >= max * NEARLY)) return undefined;
  const told = said === undefined ? `${count} connections` : `${COUNT} = ${count}`;
  return {
    count,
    max,
    text: `${told}, ${MAX} = ${max}`,
    file: said === undefined ? 'conntrack' : 'sysctl',
    kept: conntrack.length >= count && conntrack.every(isKept),
  };
}

/** What of TCP ends is let go of sooner or later, though it was answered (nf_conntrack_proto_tcp.c tcp_can_early_drop). */
const ENDING: ReadonlySet<string> = new Set(['FIN_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT']);

/** What was not answered both ways gives way to a new connection whose hash is near (nf_conntrack_core.c early_drop_list). */
const isKept = ({ assured, state }: ConntrackEntry): boolean => assured && !ENDING.has(state ?? '');

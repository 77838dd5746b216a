import { assertNever } from '../../../base/index.ts';
import type { MatchModule } from '../option.ts';
import type { Match } from '../types.ts';
import { addrtype, listAddrtype, saveAddrtype } from './addrtype.ts';
import { saveAddress, saveFragment, saveInterface, saveProtocol } from './base.ts';
import { conntrack, listConntrack, listState, saveConntrack, saveState, state } from './conntrack.ts';
import { icmp, icmp6, listIcmp, saveIcmp } from './icmp.ts';
import {
  comment,
  listComment,
  listNfacct,
  listPhysdev,
  nfacct,
  physdev,
  saveComment,
  saveNfacct,
  savePhysdev,
} from './label.ts';
import { connmark, listMark, mark, saveMark } from './mark.ts';
import { listMultiport, multiport, saveMultiport } from './multiport.ts';
import {
  hl,
  iprange,
  length,
  listIprange,
  listLength,
  listPkttype,
  listRpfilter,
  listTtl,
  pkttype,
  rpfilter,
  saveIprange,
  saveLength,
  savePkttype,
  saveRpfilter,
  saveTtl,
  ttl,
} from './packet.ts';
import { listRecent, recent, saveRecent } from './recent.ts';
import { listSet, saveSet, set } from './set.ts';
import { listNth, listRandom, saveNth, saveRandom, statistic } from './statistic.ts';
import { datagram, listTransport, saveTransport, tcp } from './transport.ts';

/**
 * Every `-m NAME` the model reads. What is not here (limit, hashlimit, owner, mac, dscp, tos, time, string, bpf,
 * u32, connlimit, connbytes, quota, socket...) depends on clocks, counters, processes or bytes a walk does not
 * have: it is kept as text and a walk that reaches it says so.
 */
export const MATCH_MODULES: ReadonlyMap<string, MatchModule> = new Map(
  Object.entries({
    tcp,
    udp: datagram,
    sctp: datagram,
    udplite: datagram,
    icmp,
    icmp6,
    icmpv6: icmp6,
    mark,
    connmark,
    conntrack,
    state,
    addrtype,
    statistic,
    recent,
    multiport,
    iprange,
    length,
    ttl,
    hl,
    pkttype,
    rpfilter,
    comment,
    nfacct,
    physdev,
    set,
  }),
);

/** The text of one match in a rule; empty when it says nothing. */
export function saveMatch(match: Match): string {
  switch (match.kind) {
    case 'source':
    case 'destination':
      return saveAddress(match);
    case 'in-interface':
    case 'out-interface':
      return saveInterface(match);
    case 'protocol':
      return saveProtocol(match);
    case 'fragment':
      return saveFragment(match);
    case 'comment':
      return saveComment(match);
    case 'transport':
      return saveTransport(match);
    case 'icmp':
      return saveIcmp(match);
    case 'mark':
    case 'connmark':
      return saveMark(match);
    case 'conntrack':
      return saveConntrack(match);
    case 'state':
      return saveState(match);
    case 'addrtype':
      return saveAddrtype(match);
    case 'statistic-random':
      return saveRandom(match);
    case 'statistic-nth':
      return saveNth(match);
    case 'recent':
      return saveRecent(match);
    case 'multiport':
      return saveMultiport(match);
    case 'iprange':
      return saveIprange(match);
    case 'rpfilter':
      return saveRpfilter(match);
    case 'length':
      return saveLength(match);
    case 'ttl':
      return saveTtl(match);
    case 'pkttype':
      return savePkttype(match);
    case 'nfacct':
      return saveNfacct(match);
    case 'physdev':
      return savePhysdev(match);
    case 'set':
      return saveSet(match);
    case 'unsupported':
      return match.text;
    default:
      return assertNever(match, 'match');
  }
}

/** The text of one match in the last column of `iptables -L`; the base options have columns of their own. */
export function listMatch(match: Match): string {
  switch (match.kind) {
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
    case 'fragment':
      return '';
    case 'comment':
      return listComment(match);
    case 'transport':
      return listTransport(match);
    case 'icmp':
      return listIcmp(match);
    case 'mark':
    case 'connmark':
      return listMark(match);
    case 'conntrack':
      return listConntrack(match);
    case 'state':
      return listState(match);
    case 'addrtype':
      return listAddrtype(match);
    case 'statistic-random':
      return listRandom(match);
    case 'statistic-nth':
      return listNth(match);
    case 'recent':
      return listRecent(match);
    case 'multiport':
      return listMultiport(match);
    case 'iprange':
      return listIprange(match);
    case 'rpfilter':
      return listRpfilter(match);
    case 'length':
      return listLength(match);
    case 'ttl':
      return listTtl(match);
    case 'pkttype':
      return listPkttype(match);
    case 'nfacct':
      return listNfacct(match);
    case 'physdev':
      return listPhysdev(match);
    case 'set':
      return listSet(match);
    case 'unsupported':
      return match.text;
    default:
      return assertNever(match, 'match');
  }
}

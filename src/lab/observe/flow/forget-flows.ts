import { readdirSync, writeFileSync } from 'node:fs';
import { withNetns } from '../../exec/ffi/index.ts';
import { runTool } from '../../exec/run-tool.ts';
import { type PlanStep, stepCommand } from '../../plan/index.ts';
import { eachAttribute, textAt } from '../netlink/attributes.ts';
import { NETLINK_NETFILTER, netlinkRequest } from '../netlink/request.ts';

/** IPCTNL_MSG_CT_DELETE of NFNL_SUBSYS_CTNETLINK: without a tuple, every entry (nf_conntrack_netlink.c, ctnetlink_del_conntrack). */
const FORGET_CONNECTIONS = (1 << 8) | 2;
const NFGENMSG = 4;

/** Of the namespace the thread is in; it is there once a rule has `-m recent` (net/netfilter/xt_recent.c). */
const RECENT = '/proc/thread-self/net/xt_recent';

/**
 * Empties what earlier flows left in a namespace: connections, the addresses that `recent` remembers, and the sets of nft
 * that packets write to. `initial`: steps of the plan for what it begins with, which is put back.
 */
export function forgetFlows(netns: number, initial: readonly PlanStep[]): void {
  netlinkRequest(netns, NETLINK_NETFILTER, FORGET_CONNECTIONS, Buffer.alloc(NFGENMSG), 'do');
  withNetns(netns, () => {
    for (const list of listsOf()) writeFileSync(`${RECENT}/${list}`, '/');
    const flush = writtenSets(netns).map((set) => `flush set ${set}\n`);
    if (flush.length > 0) run(['nft', '-f', '-'], flush.join(''), 'empty the sets that packets wrote to');
    for (const step of initial) {
      const { argv, stdin } = stepCommand(step);
      run(argv, stdin, 'put back what a walk begins with');
    }
  });
}

function run(argv: readonly [string, ...string[]], input: string, what: string): void {
  const { status, stderr } = runTool(argv, input);
  if (status !== 0) throw new Error(`Cannot ${what}: ${stderr.trim()}`);
}

const GET_SET = (10 << 8) | 10;
/** Flag of a set that rules write to (include/uapi/linux/netfilter/nf_tables.h, NFT_SET_EVAL). */
const DYNAMIC = 0x20;
const FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 5: 'netdev', 10: 'ip6' };

/** `FAMILY TABLE NAME` of every set that packets write to (NFT_MSG_GETSET). */
function writtenSets(netns: number): readonly string[] {
  const found: string[] = [];
  for (const message of netlinkRequest(netns, NETLINK_NETFILTER, GET_SET, Buffer.alloc(NFGENMSG), 'dump')) {
    const family = FAMILIES[message.readUInt8(0)];
    let [table, name, flags] = ['', '', 0];
    eachAttribute(message, NFGENMSG, message.length, (type, at, length) => {
      if (type === 1) table = textAt(message, at, length);
      if (type === 2) name = textAt(message, at, length);
      if (type === 3) flags = message.readUInt32BE(at);
    });
    if (family !== undefined && (flags & DYNAMIC) !== 0) found.push(`${family} ${table} ${name}`);
  }
  return found;
}

function listsOf(): readonly string[] {
  try {
    return readdirSync(RECENT);
  } catch {
    return [];
  }
}

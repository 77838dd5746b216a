import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { withNetns } from '../../exec/ffi/index.ts';
import { type PlanStep, stepCommand } from '../../plan/index.ts';
import { NETLINK_NETFILTER, netlinkRequest } from '../netlink/request.ts';

/** IPCTNL_MSG_CT_DELETE of NFNL_SUBSYS_CTNETLINK: without a tuple, every entry (nf_conntrack_netlink.c, ctnetlink_del_conntrack). */
const FORGET_CONNECTIONS = (1 << 8) | 2;
const NFGENMSG = 4;

/** Of the namespace the thread is in; it is there once a rule has `-m recent` (net/netfilter/xt_recent.c). */
const RECENT = '/proc/thread-self/net/xt_recent';

/**
 * Empties what earlier flows left in a namespace: connections, the addresses that `recent` remembers, and the set `flows` of
 * security groups. `initial`: steps
 * of the plan for the connections it begins with, which are put back.
 */
export function forgetFlows(netns: number, initial: readonly PlanStep[], flows?: string): void {
  netlinkRequest(netns, NETLINK_NETFILTER, FORGET_CONNECTIONS, Buffer.alloc(NFGENMSG), 'do');
  withNetns(netns, () => {
    for (const list of listsOf()) writeFileSync(`${RECENT}/${list}`, '/');
    if (flows !== undefined) run(['nft', `flush set ${flows}`]);
    for (const step of initial) {
      const { argv, stdin } = stepCommand(step);
      run(argv, stdin);
    }
  });
}

function run([command, ...rest]: readonly [string, ...string[]], stdin?: string): void {
  const { status, stderr } = spawnSync(command, rest, { input: stdin ?? '', encoding: 'utf8' });
  if (status !== 0) throw new Error(`Cannot put back what a walk begins with: ${stderr.trim()}`);
}

function listsOf(): readonly string[] {
  try {
    return readdirSync(RECENT);
  } catch {
    return [];
  }
}

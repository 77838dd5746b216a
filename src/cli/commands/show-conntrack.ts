import { parseEnd, readEnds } from '../../ask/index.ts';
import type { ConntrackEntry, NetnsId } from '../../linux/index.ts';
import { openSession } from '../../sim/index.ts';
import type { World } from '../../world/index.ts';
import { CommandError } from '../io.ts';

/** The table of one namespace after whole TCP exchanges (or pings) were walked through a session of their own. */
export async function conntrackAfter(
  world: World,
  netns: NetnsId,
  walks: readonly string[],
): Promise<readonly ConntrackEntry[]> {
  const session = openSession(world);
  for (const text of walks) {
    const [from, to] = text.split('=');
    if (from === undefined || to === undefined || !parseEnd(to).ok)
      throw new CommandError(`--after "${text}": expected FROM=TO`);
    const ends = readEnds(world, { from, to });
    if (!ends.ok) throw new CommandError(ends.problems.map((problem) => problem.message).join('\n'));
    const { sender, target } = ends;
    if (target.address === undefined) throw new CommandError(`--after "${text}": ${target.name} has no address`);
    session.converse({ from: sender.netns, dst: target.address, protocol: 'tcp', dport: target.port ?? 80 });
  }
  return session.conntrack(netns);
}

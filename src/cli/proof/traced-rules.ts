import type { Netns, NetnsId } from '../../linux/index.ts';
import type { World } from '../../world/index.ts';

/**
 * The World as a kernel can tell all of it: which rules of iptables-legacy matched no event says, so the same rules are
 * iptables-nft's. Both read them alike (iptables(8); their hooks and priorities are the same).
 */
export function tracedRules(world: World): { readonly world: World; readonly assumptions: readonly string[] } {
  const legacy = [...world.netns].filter(([, netns]) => hasLegacyRules(netns));
  if (legacy.length === 0) return { world, assumptions: [] };
  const loaded = legacy.map(([id, netns]): readonly [NetnsId, Netns] => [
    id,
    { ...netns, iptables: { ...netns.iptables, variant: 'nft' } },
  ]);
  const where = `${legacy.length} ${legacy.length === 1 ? 'namespace' : 'namespaces'}`;
  return {
    world: { ...world, netns: new Map([...world.netns, ...loaded]) },
    assumptions: [
      `iptables-legacy's rules on ${where} are loaded by iptables-nft: of those the kernel tells which matched`,
    ],
  };
}

const hasLegacyRules = ({ iptables: { variant, ip, ip6 } }: Netns): boolean =>
  variant === 'legacy' && ip.size + ip6.size > 0;

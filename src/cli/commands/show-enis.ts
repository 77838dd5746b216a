import type { Eni } from '../../fabric/index.ts';
import type { NetnsId } from '../../linux/index.ts';
import type { World } from '../../world/index.ts';

/** The network interfaces of a node or server as EC2 has them, one line each: what no tool on the node can print. */
export function showEnis(world: World, netns: NetnsId): string {
  const enis = world.fabric.enis
    .filter((eni) => eni.attachment?.netns === netns)
    .sort((a, b) => a.deviceIndex - b.deviceIndex);
  if (enis.length === 0) return 'no network interfaces: a pod has none of its own\n';
  const trunks = enis.some(({ trunking }) => trunking !== undefined);
  const rows = enis.map((eni) => {
    const [primary, ...secondary] = eni.addresses;
    const used = secondary.length === 0 ? '-' : secondary.join(', ');
    const prefixes = eni.prefixes.map((prefix) => prefix.text).join(', ');
    const eips = [...eni.publicAddresses].map(([inside, outside]) => `${inside} is ${outside} outside`).join(', ');
    return [
      eni.attachment?.dev ?? '-',
      String(eni.deviceIndex),
      eni.id,
      eni.subnet,
      primary ?? '-',
      used,
      prefixes || '-',
      eips || '-',
      ...(trunks ? [trunkingOf(eni)] : []),
    ];
  });
  const head = [
    'DEVICE',
    'INDEX',
    'ENI',
    'SUBNET',
    'PRIMARY',
    'SECONDARY',
    'PREFIXES',
    'PUBLIC',
    ...(trunks ? ['TRUNK'] : []),
  ];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

/** A trunk, or the VLAN of one that a branch is. */
const trunkingOf = ({ trunking }: Eni): string =>
  trunking === undefined ? '-' : trunking.as === 'trunk' ? 'trunk' : `VLAN ${trunking.vlanId} of ${trunking.trunk}`;

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Unavailable } from './ffi/errors.ts';

/** Programs a lab is made with, and the package each is in (Debian's name, Amazon Linux's). */
const TOOLS: readonly (readonly [tool: string, debian: string, fedora: string])[] = [
  ['unshare', 'util-linux', 'util-linux'],
  ['nsenter', 'util-linux', 'util-linux'],
  ['ip', 'iproute2', 'iproute'],
  ['nft', 'nftables', 'nftables'],
  ['iptables-nft-restore', 'iptables', 'iptables-nft'],
  ['ip6tables-nft-restore', 'iptables', 'iptables-nft'],
];

/** Needed only for a World that has connections already, or sets of ipset. */
const SPECIAL: typeof TOOLS = [
  ['conntrack', 'conntrack', 'conntrack-tools'],
  ['ipset', 'ipset', 'ipset'],
];

/** Throws what the machine lacks for a lab, with the line that installs it. `needs`: tools beyond those every lab uses. */
export function requireLab(needs: readonly string[] = []): void {
  if (process.platform !== 'linux') throw new Unavailable('Linux', `this machine runs ${process.platform}`);
  if (process.getuid?.() !== 0) throw new Unavailable('root', 'the lab makes network namespaces; run it with sudo');
  const missing = [...TOOLS.map(([tool]) => tool), ...needs].filter((tool) => !isInstalled(tool));
  if (missing.length === 0) return;
  const packageOf = (tool: string, column: 1 | 2): string =>
    [...TOOLS, ...SPECIAL].find(([name]) => name === tool)?.[column] ?? 'iptables';
  const packages = (column: 1 | 2): string => [...new Set(missing.map((tool) => packageOf(tool, column)))].join(' ');
  const hint = `install it with "apt-get install ${packages(1)}" or "dnf install ${packages(2)}"`;
  throw new Unavailable(missing.join(', '), hint);
}

/** Whether a program of this name is in the path. */
export function isInstalled(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

import { printResolvConf, showAddresses, showLinks, showRoutes, showRules } from '../../linux/index.ts';
import type { ObservedExperiment } from '../../render/index.ts';
import type { Kernel } from './kernel.ts';
import type { Lab } from './lab.ts';
import { grep, observeAll, tidy } from './observe.ts';
import { NODE, POD_A } from './places.ts';

const VETH = 'eniaee705c1f69';
const CARDS = ['ens5', 'ens6', 'ens7'];

export async function podInterfaces(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const pod = lab.netns(POD_A);
  return {
    title: '1  Pod interfaces, routes and ARP',
    observations: await observeAll(kernel, [
      {
        command: 'ip addr show',
        printed: 'inet 10.0.1.51/32 scope global eth0',
        model: showAddresses(pod.links, pod.addresses),
        where: POD_A,
        run: ['ip', 'addr', 'show'],
        cut: grep('inet 10.'),
      },
      {
        command: 'ip link show eth0',
        printed: '3: eth0@if336: ... mtu 9001 ... link/ether 0a:12:c5:d0:e4:e1',
        model: showLinks(pod.links),
        where: POD_A,
        run: ['ip', 'link', 'show', 'eth0'],
        cut: linkOf('eth0'),
      },
      {
        command: 'ip route show',
        printed: 'default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link',
        model: showRoutes(pod.routes, 'main'),
        where: POD_A,
        run: ['ip', 'route', 'show'],
      },
      {
        command: 'arp -a',
        printed: '? (169.254.1.1) at 5a:f3:56:0b:86:d4 [ether] PERM on eth0',
        model: arpTable(lab),
        where: POD_A,
        run: ['arp', '-a'],
      },
      {
        command: 'cat /etc/resolv.conf',
        printed:
          'search packetlab.svc.cluster.local svc.cluster.local cluster.local ec2.internal\nnameserver 172.20.0.10\noptions ndots:5',
        model: pod.resolvConf === undefined ? '' : printResolvConf(pod.resolvConf),
        where: POD_A,
        run: ['cat', '/etc/resolv.conf'],
      },
    ]),
  };
}

/** net-tools' arp: every neighbour entry, unnamed because no name server knows the address. */
const arpTable = (lab: Lab): string =>
  lab
    .netns(POD_A)
    .neighbours.map(
      (each) => `? (${each.dst}) at ${each.lladdr} [ether] ${each.state === 'PERMANENT' ? 'PERM ' : ''}on ${each.dev}`,
    )
    .join('\n');

export async function nodeSide(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const node = lab.netns(NODE);
  return {
    title: '2  The node: veth, ENIs, routing tables',
    observations: await observeAll(kernel, [
      {
        command: `ip link show ${VETH}`,
        printed: `336: ${VETH}@if3: ... mtu 9001 ... link/ether 5a:f3:56:0b:86:d4`,
        model: showLinks(node.links),
        where: NODE,
        run: ['ip', 'link', 'show', VETH],
        cut: linkOf(VETH),
      },
      {
        command: 'ip addr show ens5, ens6, ens7',
        printed: 'ens5 10.0.0.75, ens6 10.0.0.85, ens7 10.0.0.84',
        model: showAddresses(node.links, node.addresses),
        where: NODE,
        run: ['ip', 'addr', 'show'],
        cut: (text) => CARDS.map((dev) => `${dev} ${addressOf(text, dev)}`).join(', '),
      },
      {
        command: 'ip rule show',
        printed: '512: from all to 10.0.1.51 lookup main\n1536: from 10.0.1.51 lookup 2',
        model: showRules(node.rules),
        where: NODE,
        run: ['ip', 'rule', 'show'],
        cut: (text) => grep('10.0.1.51')(text).replaceAll('\t', ' '),
      },
      {
        command: 'ip route show table main',
        printed:
          'default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.75 metric 512\n10.0.0.0/24 dev ens5 proto kernel scope link src 10.0.0.75 metric 512\n10.0.1.51 dev eniaee705c1f69 scope link',
        model: showRoutes(node.routes, 'main'),
        where: NODE,
        run: ['ip', 'route', 'show', 'table', 'main'],
        reason:
          'ens6 must hold 10.0.0.85 and 10.0.1.51 behind 10.0.0.1, so the subnet is a /22; the print leaves out the other routes',
      },
      {
        command: 'ip route show table 2',
        printed: 'default via 10.0.0.1 dev ens6\n10.0.0.1 dev ens6 scope link',
        model: showRoutes(node.routes, '2'),
        where: NODE,
        run: ['ip', 'route', 'show', 'table', '2'],
      },
    ]),
  };
}

export async function interfaces(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const shown = [...CARDS, 'eni36f7c958f87', VETH];
  return {
    title: '8  Every interface of the node',
    observations: await observeAll(kernel, [
      {
        command: 'ip link show',
        printed: '2: ens5, 165: ens6, 264: ens7, 4: eni36f7c958f87@if3, 336: eniaee705c1f69@if3',
        model: showLinks(lab.netns(NODE).links),
        where: NODE,
        run: ['ip', 'link', 'show'],
        cut: (text) => shown.map((dev) => headOf(text, dev)).join(', '),
        labReason: 'an ENI is one end of a veth pair there, and ip prints the other end behind the @',
      },
    ]),
  };
}

const lineOf = (text: string, dev: string): RegExpExecArray | null =>
  new RegExp(`^(\\d+: ${dev}(?:@\\S+)?): .* (mtu \\d+) .*\n\\s+(link/\\S+ \\S+)`, 'm').exec(text);

const headOf = (text: string, dev: string): string => lineOf(text, dev)?.[1] ?? `no ${dev}`;

/** One link as the article shortens it. */
function linkOf(dev: string): (text: string) => string {
  return (text) => {
    const [, head, mtu, address] = lineOf(text, dev) ?? [];
    return head === undefined ? tidy(text) : `${head}: ... ${mtu} ... ${address}`;
  };
}

/** The first IPv4 address of a device in `ip addr show`. */
function addressOf(text: string, dev: string): string {
  const [, own = ''] = text.split(new RegExp(`^\\d+: ${dev}[:@]`, 'm'));
  const [block = ''] = own.split(/^\d+: /m);
  return /\binet ([^/\s]+)/.exec(block)?.[1] ?? 'none';
}

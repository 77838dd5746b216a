import { afterAll, describe, expect } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { type Lab, openLab } from '../../src/lab/index.ts';
import { type KernelPlane, kernelPlane } from '../../src/lab/observe/index.ts';
import { kernelRoutes, type Netns, parseIpRouteText, parseIpRuleText } from '../../src/linux/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { ip, type Protocol } from '../../src/net/index.ts';
import { isLastHop, renderTraceroute, type TracerouteHop } from '../../src/render/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { RoundTrip, TraceResult } from '../../src/trace/index.ts';
import type { DataPlane, World } from '../../src/world/index.ts';
import { exampleFiles } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

/**
 * A pod on Fargate on both planes: what a traceroute from it shows (docs/concepts/fargate-nat.md, the table), and why its
 * micro-VM is laid out as it is: the other two ways for a pod to have its Node's address do not show what is seen.
 */
const VM = 'node/fargate-ip-10-0-64-4.eu-west-1.compute.internal';
const APP = 'pod/default/fargate-app';
const [VM_HOP, NAT_HOP, NODE_HOP, WEB, DNS] = [
  '169.254.175.250',
  '10.0.31.254',
  '10.0.96.10',
  '172.20.40.17',
  '172.20.0.10',
];

function worldOf(change: (text: string) => string = (text) => text, more = ''): World {
  const files = exampleFiles('fargate').map(({ path, text }) => ({ path, text: change(text) }));
  const { world, issues } = loadWorld(more === '' ? files : [...files, { path: 'more.yaml', text: more }], []);
  if (world === undefined) throw new Error(issues.map(({ message }) => message).join('\n'));
  return world;
}

const open: { readonly lab: Lab; readonly plane: KernelPlane }[] = [];
afterAll(() => {
  for (const { lab, plane } of open) {
    plane.close();
    lab.holder.end();
  }
});

const planes = new Map<World, Promise<readonly DataPlane[]>>();
function planesOf(world: World): Promise<readonly DataPlane[]> {
  const known = planes.get(world) ?? openPlanes(world);
  planes.set(world, known);
  return known;
}

async function openPlanes(world: World): Promise<readonly DataPlane[]> {
  const lab = await openLab(world);
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  open.push({ lab, plane });
  return [simDataPlane, plane];
}

async function answer(world: World, plane: DataPlane, from: string, to: string, of: object = {}): Promise<TraceResult> {
  const question = { from, to, choice: { kind: 'first' }, ...of } as const;
  const found = await ask({ world, plane, resolve: resolveName }, question);
  if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
  return found.result;
}

/** Who answers each TTL, up to the third silence in a row. */
async function hopsFrom(
  world: World,
  plane: DataPlane,
  from: string,
  to: string,
  protocol: Protocol,
): Promise<string[]> {
  const hops: TracerouteHop[] = [];
  for (let ttl = 1; ttl <= 3; ttl++) {
    const result = await answer(world, plane, from, to, { protocol, ttl, size: 60 });
    hops.push({ ttl, result });
    if (isLastHop(result)) break;
  }
  const lines = renderTraceroute(to, hops, 3).split('\n');
  return lines.slice(1, 1 + hops.length).map((line) => line.trim().split(/\s+/)[1] ?? '');
}

describe('who answers a traceroute from a pod on Fargate', () => {
  const base = worldOf();
  const withoutNat = worldOf((text) => text.replace('gateway: Single', 'gateway: Disable'));
  const rejecting = worldOf(
    undefined,
    `apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: { name: reject-unmatched }
spec:
  node: fargate-ip-10-0-64-4.eu-west-1.compute.internal
  artefact: iptables-save
  add: ["-t filter -A FORWARD -d 172.20.0.0/16 -j REJECT"]
`,
  );
  const backend = base.directory.pods.find(({ name }) => name.startsWith('web-'))?.addresses[0] ?? '';
  for (const [what, world, from, to, protocol, want] of [
    ['1 ICMP to a pod', base, APP, backend, 'icmp', [VM_HOP, NODE_HOP, backend]],
    ['2 ICMP to a ClusterIP', base, APP, WEB, 'icmp', [VM_HOP, NAT_HOP, '*']],
    ['3 TCP to a listed port', base, APP, `${WEB}:80`, 'tcp', [WEB, WEB, WEB]],
    ['3 UDP to a listed port', base, APP, `${DNS}:53`, 'udp', [DNS, DNS, DNS]],
    ['4 UDP-Lite to a ClusterIP', base, APP, `${DNS}:53`, 'udplite', [VM_HOP, '*', '*']],
    ['5 UDP to a listed port, no NAT gateway', withoutNat, APP, `${DNS}:53`, 'udp', [DNS, DNS, DNS]],
    ['6 ICMP to a ClusterIP, no NAT gateway', withoutNat, APP, WEB, 'icmp', [VM_HOP, '*', '*']],
    ["7 traceroute's own UDP port", base, APP, `${WEB}:33434`, 'udp', [VM_HOP, NAT_HOP, '*']],
    ['7 TCP to a port that is not listed', base, APP, `${WEB}:81`, 'tcp', [VM_HOP, NAT_HOP, '*']],
    ['8 ICMP to a ClusterIP, unmatched traffic rejected', rejecting, APP, WEB, 'icmp', [VM_HOP, VM_HOP]],
    ['9 ICMP to a ClusterIP from an EC2 node', base, 'pod/default/ec2-app', WEB, 'icmp', [NODE_HOP, NAT_HOP, '*']],
    ['9 UDP to a listed port from an EC2 node', base, 'pod/default/ec2-app', `${DNS}:53`, 'udp', [DNS, DNS]],
  ] as const) {
    kernelTest(what, async () => {
      for (const plane of await planesOf(world))
        expect({ plane: plane.name, hops: await hopsFrom(world, plane, from, to, protocol) }).toEqual({
          plane: plane.name,
          hops: want,
        });
    });
  }
});

/** The VM with the address on its own interface, as any instance has it. */
function owning(vm: Netns): Netns {
  const address = {
    dev: 'eth0',
    family: 4,
    local: ip('10.0.64.4'),
    prefixlen: 32,
    scope: 'global',
    label: 'eth0',
  } as const;
  const local = kernelRoutes([address], vm.links).filter(({ type }) => type === 'local');
  const main = vm.routes.map((route) => (route.dev === 'eth0' ? { ...route, prefsrc: address.local } : route));
  return { ...vm, addresses: [...vm.addresses, address], routes: [...local, ...main] };
}

/** The same with a rule that sends the pod's packets to the pod before the local table is asked. */
function ruledFirst(vm: Netns): Netns {
  const owned = owning(vm);
  const toPod = parseIpRouteText('10.0.64.4 dev veth0 table 100 scope link src 169.254.175.250', 'rules').value;
  const first = parseIpRuleText('5: from all to 10.0.64.4 lookup 100\n10: from all lookup local', 'rules').value;
  return {
    ...owned,
    routes: [...owned.routes, ...toPod],
    rules: [...first, ...owned.rules.filter(({ priority }) => priority !== 0)],
  };
}

/** Without the two rules that give the VM a share of the address. */
const withoutRules = (vm: Netns): Netns => ({
  ...vm,
  iptables: {
    ...vm.iptables,
    ip: new Map(
      [...vm.iptables.ip].map(([name, table]) => [
        name,
        {
          ...table,
          chains: new Map(
            [...table.chains].map(([chain, of]) => [
              chain,
              { ...of, rules: of.rules.filter(({ origin }) => origin?.by !== 'fargate') },
            ]),
          ),
        },
      ]),
    ),
  },
});

/** An answer that goes astray is refused by whom it reaches, or dropped on the way: either way the caller hears nothing. */
function outcomeOf({ disposition, forward }: RoundTrip): string {
  if (disposition.startsWith('reply-')) return 'unanswered';
  return disposition === 'refused' && forward.hops.at(-1)?.where.kind === 'pod' ? 'refused at the pod' : disposition;
}

describe("how a pod can have its Node's address", () => {
  const base = worldOf(
    undefined,
    `apiVersion: v1
kind: Service
metadata: { name: web-node-port }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: http, nodePort: 30080 }] }
`,
  );
  const backend = base.directory.pods.find(({ name }) => name.startsWith('web-'));
  const vmAs = (change: (vm: Netns) => Netns): World => ({
    ...base,
    netns: new Map([...base.netns].map(([id, netns]) => [id, id === VM ? change(netns) : netns])),
  });
  const EC2 = 'pod/default/ec2-app';
  const asked = [
    ['probe', VM, `${APP}:8080`],
    ['caller', EC2, `${APP}:8080`],
    ['own connection', VM, `pod/default/${backend?.name}:8080`],
    ['kubelet', EC2, `${VM}:10250`],
    ['own kubelet', APP, `${VM}:10250`],
    ['node port', EC2, `${VM}:30080`],
  ] as const;
  const refused = 'refused at the pod';
  for (const [what, world, want] of [
    [
      'the address is on the VM: its local table takes what is for the pod',
      vmAs((vm) => withoutRules(owning(vm))),
      ['refused', 'refused', 'delivered', 'delivered', refused, 'delivered'],
    ],
    [
      "a rule stands before the local table: the pod works, the VM's own connections do not",
      vmAs((vm) => withoutRules(ruledFirst(vm))),
      ['delivered', 'delivered', 'unanswered', refused, refused, 'delivered'],
    ],
    [
      "the address is the pod's alone, and two rules give the VM its share",
      base,
      ['delivered', 'delivered', 'delivered', 'delivered', refused, refused],
    ],
  ] as const) {
    kernelTest(what, async () => {
      for (const plane of await planesOf(world)) {
        const told: string[] = [];
        for (const [, from, to] of asked) {
          const [trip] = (await answer(world, plane, from, to)).roundTrips;
          told.push(trip === undefined ? '' : outcomeOf(trip));
        }
        const shown = (list: readonly string[]) => asked.map(([name], i) => `${name}: ${list[i]}`);
        expect(shown(told), plane.name).toEqual(shown(want));
      }
    });
  }
});

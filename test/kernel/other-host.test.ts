import { describe, expect } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { kernelPlane } from '../../src/lab/observe/index.ts';
import type { Netns, NetnsId } from '../../src/linux/index.ts';
import { mac } from '../../src/net/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// Frames for a MAC address the device they come to does not have: net/ipv4/ip_input.c ip_rcv_core, net/ipv6/ip6_input.c.

const WRONG = mac('0a:0a:0a:0a:0a:0a');
type Change = (netns: Netns) => Partial<Netns>;

const entry =
  (dst: RegExp): Change =>
  ({ neighbours }) => ({
    neighbours: neighbours.map((each) => (dst.test(each.dst) ? { ...each, lladdr: WRONG, state: 'PERMANENT' } : each)),
  });
const device =
  (dev: string): Change =>
  ({ links }) => ({ links: links.map((each) => (each.ifname === dev ? { ...each, address: WRONG } : each)) });

const silent =
  (dev: string): Change =>
  ({ links }) => ({
    links: links.map((each) => (each.ifname === dev ? { ...each, flags: [...each.flags, 'NOARP'] } : each)),
  });
const without =
  (dst: RegExp): Change =>
  ({ neighbours }) => ({ neighbours: neighbours.filter((each) => !dst.test(each.dst)) });

function altered(world: World, of: string, change: Change): World {
  const id = of as NetnsId; // a name of the example
  const netns = world.netns.get(id);
  if (netns === undefined) throw new Error(`no ${of}`);
  return { ...world, netns: new Map([...world.netns, [id, { ...netns, ...change(netns) }]]) };
}

/** What each plane says of a question: how it ended, and why. */
async function bothSay(world: World, questions: readonly (readonly [string, string])[]): Promise<unknown[]> {
  const lab = await openLab(world);
  try {
    enterSandbox();
    const said: unknown[] = [];
    for (const [from, to] of questions) {
      for (const plane of [simDataPlane, kernelPlane(world, lab, { served: false })]) {
        const found = await ask({ world, plane, resolve: (of, at, name) => resolveName(of, at, name) }, { from, to });
        if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
        const { blockers, roundTrips } = found.result;
        said.push([roundTrips[0]?.disposition, blockers[0]?.cause.kind, plane.name]);
      }
    }
    return said;
  } finally {
    lab.holder.end();
  }
}

const dropped = (kind: string): unknown[] => ['sim', 'kernel'].map((plane) => ['dropped', kind, plane]);

describe('a frame for another host is dropped, on the kernel as in the model', () => {
  kernelTest("the host end's address, a pod's entry, a node's entries", async () => {
    const [NODE, OTHER] = ['node/ip-10-0-0-75.ec2.internal', 'node/ip-10-0-0-49.ec2.internal'];
    const article = exampleWorld('article');
    const podId = (name: string): string =>
      article.directory.pods.find((pod) => pod.name.startsWith(name))?.netns ?? '';
    const world = [
      [NODE, device('eniaee705c1f69')],
      [podId('toolbox-b'), entry(/^169\.254\.1\.1$/)],
      [OTHER, entry(/^10\.0\.2\.29$/)],
      ['node/ip-10-0-1-228.ec2.internal', entry(/^10\.0\.0\.1$/)],
    ].reduce((changed, [of, change]) => altered(changed, of as string, change as Change), article);
    const said = await bothSay(world, [
      ['pod/packetlab/toolbox-a', '10.0.2.127:8080'],
      ['pod/packetlab/toolbox-b', '10.0.2.127:8080'],
      [OTHER, '10.0.2.29:80'],
      ['node/ip-10-0-1-228.ec2.internal', 'internet'],
    ]);
    expect(said).toEqual([
      ...dropped('other-host'),
      ...dropped('other-host'),
      ...dropped('other-host'),
      ['dropped', 'unowned-mac', 'sim'],
      ['dropped', expect.anything(), 'kernel'],
    ]);
  });

  kernelTest('a device that asks nobody for a neighbour, with an entry and without one', async () => {
    const article = exampleWorld('article');
    const [a = '', b = ''] = ['toolbox-a', 'toolbox-b'].map(
      (name) => article.directory.pods.find((pod) => pod.name.startsWith(name))?.netns,
    );
    const world = [
      [a, silent('eth0')],
      [b, silent('eth0')],
      [b, without(/^169\.254\.1\.1$/)],
    ].reduce((changed, [of, change]) => altered(changed, of as string, change as Change), article);
    const said = await bothSay(world, [
      ['pod/packetlab/toolbox-a', '10.0.2.127:8080'],
      ['pod/packetlab/toolbox-b', '10.0.2.127:8080'],
    ]);
    expect(said).toEqual([
      ...['sim', 'kernel'].map((plane) => ['delivered', undefined, plane]),
      ...dropped('other-host'),
    ]);
  });

  kernelTest("IPv6: a pod's entry", async () => {
    const six = exampleWorld('ipv6');
    const [pod, other] = six.directory.pods.filter(({ hostNetwork }) => !hostNetwork);
    const world = altered(six, pod?.netns ?? '', entry(/^fe80::1$/));
    const said = await bothSay(world, [[pod?.netns ?? '', `[${other?.addresses[0]}]:80`]]);
    expect(said).toEqual(dropped('other-host'));
  });

  kernelTest('IPv6: the router of a VPC is asked for where no entry is left of it', async () => {
    const six = exampleWorld('ipv6');
    const nodes = [...six.netns.keys()].filter((id) => id.startsWith('node/'));
    const world = nodes.reduce((changed, id) => altered(changed, id, without(/^fe80::.*$/)), six);
    const [pod, ...others] = six.directory.pods.filter(({ hostNetwork }) => !hostNetwork);
    const far = others.find(({ node }) => node !== pod?.node);
    const said = await bothSay(world, [[pod?.netns ?? '', `[${far?.addresses[0]}]:81`]]);
    expect(said).toEqual(['sim', 'kernel'].map((plane) => ['refused', 'closed-port', plane]));
  });
});

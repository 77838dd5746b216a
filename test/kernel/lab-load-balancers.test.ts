import { afterAll, describe, expect } from 'vitest';
import { type ProofCase, proofCases } from '../../src/cli/proof/proof-cases.ts';
import { type Proof, proveWorld } from '../../src/cli/proof/prove-world.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { type Lab, openLab, type Servers, startServers } from '../../src/lab/index.ts';
import { type KernelPlane, kernelPlane } from '../../src/lab/observe/index.ts';
import type { Ip } from '../../src/net/index.ts';
import type { World } from '../../src/world/index.ts';
import { balancedWorld } from '../lab/load-balancers.ts';
import { exampleFiles, exampleWorld, scenarioFiles, worldOf } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// Load balancers on the kernel: every walk to a listener, on both planes.

/** Behind a certificate: octets to the port that speaks HTTP, over TLS again, and requests. */
const SECURED = (['tcp', 'ssl', 'http', 'https'] as const)
  .map(
    (backend) => `apiVersion: v1
kind: Service
metadata:
  name: secured-${backend}
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:us-east-1:111122223333:certificate/one
    service.beta.kubernetes.io/aws-load-balancer-backend-protocol: ${backend}
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 443, targetPort: 8080 }] }
`,
  )
  .join('---\n');

/** The shop of the example behind Classic Load Balancers of each kind. */
const classicWorld = (): World =>
  worldOf([
    ...exampleFiles('four-ways-in').filter(({ path }) => path.endsWith('/cluster.yaml')),
    ...scenarioFiles('classic-load-balancer'),
    { path: 'secured.yaml', text: SECURED },
  ]);

const failingWorld = (): World => worldOf(scenarioFiles('ingress-bad-gateway', 'three-zones'));

/** Its application load balancer tells targets the client's port too. */
const portsWorld = (): World =>
  worldOf(
    exampleFiles('four-ways-in').map(({ path, text }) => ({
      path,
      text: text.replaceAll(
        'alb.ingress.kubernetes.io/target-type: ip',
        '$&\n    alb.ingress.kubernetes.io/load-balancer-attributes: routing.http.xff_client_port.enabled=true',
      ),
    })),
  );

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.reverse()) close();
});

async function planeOf(world: World): Promise<KernelPlane> {
  const lab = await openLab(world);
  closing.push(() => lab.holder.end());
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  closing.push(() => plane.close());
  return plane;
}

/** Walks to load balancers. */
function balanced(world: World): readonly ProofCase[] {
  const enis = world.fabric.enis.filter(({ owner }) => owner.startsWith('lb/'));
  const addresses = new Set(enis.flatMap((eni) => [...eni.addresses, ...eni.publicAddresses.values()]));
  return proofCases(world, { most: 10_000, seed: 1 }).cases.filter(({ probe }) => addresses.has(probe.dst));
}

const differencesOf = ({ differences }: Proof): readonly string[] =>
  differences.map(
    ({ case: { from, to, probe }, difference }) => `${from} → ${to} ${probe.protocol}: ${JSON.stringify(difference)}`,
  );

/** What is beyond the kernel, and nothing else. */
const BEYOND = /does not translate between them$/;

describe('every walk to a load balancer is the same on both planes', () => {
  for (const [name, world, packets] of [
    ['whatever its target groups say', () => balancedWorld('open'), 200],
    ['between security groups and network ACLs', () => balancedWorld('filtered'), 120],
    ['made of Services', () => exampleWorld('four-ways-in'), 400],
    ['made of Ingresses, to the program behind every rule', () => exampleWorld('ingress'), 300],
    ['a Classic one, that reads HTTP or nothing', classicWorld, 200],
    ['whose targets refuse or are silent', failingWorld, 100],
  ] as const)
    kernelTest(
      name,
      async () => {
        const of = world();
        const proof = await proveWorld(of, await planeOf(of), balanced(of));
        expect(differencesOf(proof)).toEqual([]);
        expect(proof.unknown.map(({ what }) => what).filter((what) => !BEYOND.test(what))).toEqual([]);
        expect(proof.packets).toBeGreaterThan(packets);
      },
      120_000,
    );
});

describe('a target group of which nobody knows whether it has any target', () => {
  kernelTest(
    'is unknown on the kernel too, wherever the lab sends',
    async () => {
      const front = scenarioFiles('instances-in-an-ipv6-target-group').filter(({ path }) =>
        /services\.yaml$/.test(path),
      );
      const world = worldOf([...exampleFiles('ipv6'), ...front]);
      const cases = balanced(world).filter(({ probe: { dport, protocol } }) => protocol === 'tcp' && dport === 80);
      const plane = await planeOf(world);
      expect(cases.length).toBeGreaterThan(0);
      for (const { probe } of cases.slice(0, 4)) {
        const trips = await plane.walk(world, probe, { choice: { kind: 'first' }, detail: 'full' });
        expect(trips.flatMap(({ unknowns }) => unknowns).join()).toContain('has targets is not known');
      }
    },
    60_000,
  );
});

/** What begins at interfaces without a namespace: a load balancer's to its targets, the API server's to kubelets and pods. */
function ofFabric({ fabric, directory }: World): readonly ProofCase[] {
  const caseOf = (from: string, src: Ip, dst: Ip, dport: number): ProofCase => ({
    from: `${from} ${src}`,
    to: `${dst}:${dport}`,
    probe: { from, src, dst, dport, protocol: 'tcp' },
  });
  const targets = fabric.targetGroups.flatMap((group) => group.targets);
  const calls = [
    ...directory.nodes.flatMap(({ addresses }) => addresses.map((address) => [address, 10_250] as const)),
    ...directory.pods.flatMap(({ addresses }) => addresses.map((address) => [address, 8080] as const)),
  ];
  return fabric.enis.flatMap(({ owner, addresses }) => {
    const [src] = addresses;
    if (src === undefined) return [];
    if (owner.startsWith('lb/')) return targets.map(({ ip, port }) => caseOf(owner, src, ip, port));
    return owner.startsWith('control-plane/') ? calls.map(([dst, port]) => caseOf(owner, src, dst, port)) : [];
  });
}

describe('what load balancers and the control plane send is the same on both planes', () => {
  for (const example of ['four-ways-in', 'filters'])
    kernelTest(
      example,
      async () => {
        const world = exampleWorld(example);
        const cases = ofFabric(world);
        const proof = await proveWorld(world, await planeOf(world), cases);
        expect(differencesOf(proof)).toEqual([]);
        expect(proof.undecided).toBe(0);
        expect(proof.packets).toBeGreaterThan(cases.length);
      },
      60_000,
    );
});

interface Served {
  readonly world: World;
  readonly lab: Lab;
  readonly servers: Servers;
}

const labs = new Map<string, Promise<Served>>();

const WORLDS: Readonly<Record<string, () => World>> = {
  classic: classicWorld,
  failing: failingWorld,
  ports: portsWorld,
};

/** An example on the kernel, with programs behind its sockets: they run in this very process. */
function served(name: string): Promise<Served> {
  const opened = labs.get(name) ?? serve(WORLDS[name]?.() ?? exampleWorld(name));
  labs.set(name, opened);
  return opened;
}

async function serve(world: World): Promise<Served> {
  const lab = await openLab(world);
  closing.push(() => lab.holder.end());
  const paths = new Map(lab.plan.namespaces.map(({ label, name }) => [label, lab.netnsPath(name)]));
  const servers = await startServers(
    world,
    (label) => paths.get(label),
    () => undefined,
  );
  closing.push(() => void servers.close());
  return { world, lab, servers };
}

/** What curl prints somewhere on the internet. */
async function curl(example: string, ...words: readonly string[]): Promise<string> {
  const { lab } = await served(example);
  const netns = lab.plan.namespaces.find(({ label }) => label === 'internet/*')?.name;
  const argv = ['curl', '-s', '-m', '20', '--interface', '203.0.113.7', ...words] as const;
  return (await lab.executor.run({ netns, argv, stdin: '' })).stdout;
}

describe('a network load balancer of a lab that is served', () => {
  kernelTest('checks its targets by connections of its nodes, and those that fail get nothing', async () => {
    const { servers } = await served('four-ways-in');
    const out = servers.targets.reports.filter(({ healthy }) => !healthy);
    expect(out.map(({ node, target, because }) => `${node} ${target}: ${because}`)).toEqual([
      'lb/k8s-shop-local-bcd8eb50e2@us-east-1a i-0000000000000051 (10.0.1.51:30557): HTTP check of port 31636: /healthz answers 503, not 200-399',
    ]);
    for (let i = 0; i < 10; i++) expect(await curl('four-ways-in', 'http://198.51.100.6/')).toMatch(/Hostname: web-71/);
  });

  kernelTest('shows the pod the client or the node that took the packet, as the Service says', async () => {
    for (const [address, seen] of [
      ['198.51.100.6', /client_address=203\.0\.113\.7\n/],
      ['198.51.100.3', /client_address=203\.0\.113\.7\n/],
      ['198.51.100.2', /client_address=10\.0\.2\.91\n/],
    ] as const)
      expect(await curl('four-ways-in', `http://${address}/`)).toMatch(seen);
  });
});

describe('an application load balancer of a lab that is served', () => {
  const portal = (path: string, ...words: readonly string[]): Promise<string> =>
    curl(
      'ingress',
      '--connect-to',
      'portal.example.com:80:198.51.100.2:80',
      ...words,
      `http://portal.example.com${path}`,
    );

  kernelTest(
    'sends a request on by its rules, and the pod sees the load balancer and the client behind it',
    async () => {
      const answer = await portal('/order', '-H', 'X-Forwarded-For: 192.0.2.1');
      expect(answer).toMatch(/Hostname: order-/);
      expect(answer).toMatch(/client_address=192\.168\.(?:31\.253|63\.254)\n/);
      expect(answer).toMatch(/x-forwarded-for=192\.0\.2\.1, 203\.0\.113\.7\n/);
      expect(answer).toMatch(/x-forwarded-port=80\n/);
      expect(answer).toMatch(/host=portal\.example\.com\n/);
      expect(await portal('/rating')).toMatch(/Hostname: rating-/);
    },
  );

  kernelTest('tells the port the client called from, where it is to', async () => {
    const { world } = await served('ports');
    const { zones } = world.fabric.loadBalancers.find(({ type }) => type === 'application') ?? { zones: [] };
    const eni = world.fabric.enis.find(({ id }) => id === zones[0]?.eni);
    const [address] = [...(eni?.publicAddresses.values() ?? [])];
    const host = ['-H', 'Host: shop.example.com'] as const;
    const answer = await curl('ports', '--local-port', '40123', ...host, `http://${address}/`);
    expect(answer).toMatch(/x-forwarded-for=203\.0\.113\.7:40123\n/);
  });

  kernelTest('passes bodies on both ways', async () => {
    const body = 'x'.repeat(100_000);
    expect(await portal('/order', '--data', body)).toContain(body);
  });

  kernelTest('answers by itself where no rule fits', async () => {
    expect(await portal('/nothing', '-i')).toMatch(/^HTTP\/1\.1 404 Not Found\r\nserver: awselb\/2\.0\r\n/);
  });
});

describe('an application load balancer whose targets fail', () => {
  const status = async (path: string): Promise<string> => {
    const { lab } = await served('failing');
    const netns = lab.plan.namespaces.find(({ label }) => label === 'host/database')?.name;
    const argv = [
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-m',
      '20',
      '-w',
      '%{http_code}',
      `http://10.0.1.253${path}`,
    ] as const;
    return (await lab.executor.run({ netns, argv, stdin: '' })).stdout;
  };

  kernelTest(
    'says 503 where nobody is registered, 502 where one refuses, 504 where one is silent',
    async () => {
      expect(await Promise.all(['/empty', '/rejected', '/ghost'].map(status))).toEqual(['503', '502', '504']);
    },
    60_000,
  );
});

describe('a Classic Load Balancer of a lab that is served', () => {
  const addressOf = async (service: string): Promise<string> => {
    const { world } = await served('classic');
    const { zones } = world.fabric.loadBalancers.find(({ madeFor }) => madeFor.includes(service)) ?? { zones: [] };
    const eni = world.fabric.enis.find(({ id }) => id === zones[0]?.eni);
    return [...(eni?.publicAddresses.values() ?? [])][0] ?? '';
  };
  const ask = async (service: string, ...words: readonly string[]): Promise<string> =>
    curl('classic', ...words, `http://${await addressOf(service)}/`);
  const askSecurely = async (service: string, ...words: readonly string[]): Promise<string> =>
    curl('classic', ...words, `https://${await addressOf(service)}/`);

  kernelTest(
    'passes octets on where its listener is TCP: the pod sees a node, and nobody names the client',
    async () => {
      const answer = await ask('shop/tcp');
      expect(answer).toMatch(/Hostname: web-/);
      expect(answer).toMatch(/client_address=10\.0\.[12]\.(?:51|71|91)\n/);
      expect(answer).not.toMatch(/x-forwarded-for/);
    },
  );

  for (const backend of ['tcp', 'ssl'] as const)
    kernelTest(`ends TLS where its listener is SSL, and passes octets on to ${backend}`, async () => {
      const answer = await askSecurely(`shop/secured-${backend}`, '-k');
      expect(answer).toMatch(/Hostname: web-/);
      expect(answer).toMatch(/client_address=10\.0\.[12]\.(?:51|71|91)\n/);
      expect(answer).not.toMatch(/x-forwarded-for/);
      // A certificate nobody vouches for.
      expect(await askSecurely(`shop/secured-${backend}`)).toBe('');
      // HTTP is no TLS.
      expect(await curl('classic', `http://${await addressOf(`shop/secured-${backend}`)}:443/`)).toBe('');
    });

  for (const backend of ['http', 'https'] as const)
    kernelTest(`ends TLS where its listener is HTTPS, and names the client to ${backend}`, async () => {
      const answer = await askSecurely(`shop/secured-${backend}`, '-k');
      expect(answer).toMatch(/x-forwarded-for=203\.0\.113\.7\n/);
      expect(answer).toMatch(/x-forwarded-proto=https\n/);
    });

  kernelTest('names the client in a header where its listener is HTTP', async () => {
    expect(await ask('shop/web')).toMatch(/x-forwarded-for=203\.0\.113\.7\n/);
  });

  kernelTest(
    'puts the line of the PROXY protocol before the data, which a server that does not speak it refuses',
    async () => {
      expect(await ask('shop/local', '-i')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    },
  );
});

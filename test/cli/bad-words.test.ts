import { describe, expect, test } from 'vitest';
import { ARTICLE, refused } from './refused.ts';

describe('ends of a walk', () => {
  const A = 'pod/packetlab/toolbox-a';
  test.each([
    [
      ['pod/packetlab/toolbox-z', 'internet'],
      'No pod "packetlab/toolbox-z" in the input (did you mean "pod/packetlab/toolbox-a"?)',
    ],
    [
      [A, 'deploy/packetlab/echoservr'],
      'No pods of a workload "packetlab/echoservr" in the input (did you mean "deploy/packetlab/echoserver"?)',
    ],
    [
      [A, 'svc/packetlab/echo-clusteri:80'],
      'No Service "packetlab/echo-clusteri" in the input (did you mean "svc/packetlab/echo-clusterip"?)',
    ],
    [[A, 'svc/packetlab/echo-clusterip:81'], 'svc/packetlab/echo-clusterip has no tcp port 81 (it has 80/tcp)'],
    [
      [A, 'node/ip-10-0-0-76.ec2.internal'],
      'No node "ip-10-0-0-76.ec2.internal" in the input (did you mean "node/ip-10-0-0-75.ec2.internal"?)',
    ],
    [[A, 'host/nobody'], 'No host "nobody" in the input'],
    [['pod/toolbox-a', 'internet'], '"pod/toolbox-a" needs a namespace and a name'],
    [[A, 'svcs/packetlab/echo'], '"svcs" in "svcs/packetlab/echo" is not a kind of end'],
    [[A, '10.0.0.300'], '"10.0.0.300" is not an IPv4 address'],
    [[A, '10.0.2.29:99999'], 'Port 99999 in "10.0.2.29:99999" is outside 1-65535'],
    [[A, '[2600::1]:0'], 'Port 0 in "[2600::1]:0" is outside 1-65535'],
    [[A, 'http://10.0.2.29:70000/'], 'Port 70000 in "http://10.0.2.29:70000/" is outside 1-65535'],
    [[A, '[::1'], 'Cannot read "[::1" as an end of a walk'],
    [[A], 'trace needs FROM and TO, or --flows FILE'],
    [[A, 'internet', '--flows', 'x.yaml'], 'trace takes FROM and TO, or --flows FILE'],
  ])('%j', async (ends, message) => {
    expect(await refused(['trace', '-f', ARTICLE, ...ends])).toContain(message);
  });

  test('a load balancer with two listeners wants one of them', async () => {
    const both = ['-f', 'examples/ingress', '--set', LISTEN];
    const trace = (end: string) => refused(['trace', ...both, 'internet', end]);
    const lb = 'lb/k8s-portal-portal-7d3e11db6d';
    expect(await trace(lb)).toContain(`${lb} has several listeners: say which (it listens on HTTP 80, HTTP 8080)`);
    expect(await trace(`${lb}:http`)).toContain(`${lb} has no port "http"`);
  });
});

const LISTEN =
  'ing/portal/portal:metadata.annotations["alb.ingress.kubernetes.io/listen-ports"]=[{"HTTP":80},{"HTTP":8080}]';

describe('words of the command line', () => {
  const article = ['-f', ARTICLE];
  const walk = ['trace', ...article, 'pod/packetlab/toolbox-a', 'internet'];
  test.each([
    [['trac', ...article, 'a', 'b'], "unknown command 'trac'\n(Did you mean trace?)"],
    [[...walk, '--chioce', 'all'], "unknown option '--chioce'\n(Did you mean --choice?)"],
    [[...walk, '--choice', 'sed:1'], 'Expected all, first or seed:N'],
    [[...walk, '-o', 'jsn'], 'Allowed choices are text, json, mermaid'],
    [
      [...walk, '--proto', 'tpc'],
      'Expected tcp, udp, icmp, udplite, sctp, igmp, ipencap, gre, esp, ah, ipv6-icmp or a number below 256',
    ],
    [[...walk, '--from-port', '0'], 'Expected a port from 1 to 65535'],
    [[...walk, 'more'], "too many arguments for 'trace'"],
    [['trace', 'pod/a/b', 'internet'], 'No input: name a file or folder with -f (or - for stdin)'],
    [['show', ...article, 'node/ip-10-0-0-75.ec2.internal', 'ruls'], 'Cannot show "ruls" (did you mean "rule"?)'],
    [['ping', ...article, 'a', 'b', '--ttl', '0'], 'Expected 1 to 255'],
    [['compile', ...article], "required option '-o, --output <dir>' not specified"],
    [['schema', 'Netwrk'], 'No schema for "Netwrk"; there are Network,'],
    [['completion', 'fsh'], 'No completion for "fsh"; expected bash, zsh, fish'],
    [['--bogus'], "unknown option '--bogus'"],
  ])('%j', async (args, message) => {
    expect(await refused(args)).toContain(message);
  });

  const svc = 'svc/packetlab/echo-clusterip';
  test.each([
    [
      'AWS_VPC_K8S_CNI_EXTERNALSNT=true',
      'Unknown setting "AWS_VPC_K8S_CNI_EXTERNALSNT" (did you mean "AWS_VPC_K8S_CNI_EXTERNALSNAT"?)',
    ],
    ['kubeProxy.mod=iptables', 'Unknown setting "kubeProxy.mod" (did you mean "kubeProxy.mode"?)'],
    ['vpcCniVersion=abc', 'Setting "vpcCniVersion" is "abc" (expected a version such as "1.21.1")'],
    ['__proto__=1', 'Unknown setting "__proto__"'],
    [
      `${svc}x:spec.externalTrafficPolicy=Local`,
      'No Service "packetlab/echo-clusteripx" in the input (did you mean "packetlab/echo-clusterip"?)',
    ],
    [
      `${svc}:spec.externalTraficPolicy=Local`,
      'Unknown field "spec.externalTraficPolicy" (did you mean "externalTrafficPolicy"?)',
    ],
    [
      `${svc}:spec.externalTrafficPolicy=Locl`,
      'Field "spec.externalTrafficPolicy" is the text "Locl" (expected "Cluster", "Local"; did you mean "Local"?)',
    ],
    ['foo', '--set "foo" has no value; expected KEY=VALUE'],
  ])('--set %s', async (set, message) => {
    const said = await refused([...walk, '--set', set]);
    expect(said).toContain(message);
    expect(said).toContain(`--set ${set.includes('=') ? set.slice(0, set.indexOf('=')) : '"foo"'}`);
  });
});

import { describe, expect, test } from 'vitest';
import { articleCluster, articleNode, withCni, withOs, withVpcCidrs } from '../../../test/compile/test-cluster.ts';
import { invariant } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type Netns, printIptablesSave, printNftTables } from '../../linux/index.ts';
import { compileWorld } from '../compile-world.ts';
import { nodeNetns, podLinkNames } from '../node/names.ts';
import { egressChain } from './egress.ts';
import { pathSettings } from './settings.ts';
import { atLeast } from './version.ts';

function node(cluster: Cluster): Netns {
  const netns = compileWorld(cluster).value.netns.get(nodeNetns(articleNode.name));
  invariant(netns !== undefined, 'The node is compiled');
  return netns;
}

/** The CNI's lines of one table, chain headers included. */
function awsLines(cluster: Cluster, table: 'mangle' | 'nat'): readonly string[] {
  const text = printIptablesSave(node(cluster).iptables.ip);
  const start = text.indexOf(`*${table}`);
  const lines = text.slice(start, text.indexOf('COMMIT', start)).split('\n');
  return lines.filter((line) => line.includes('AWS'));
}

const ruleText = (cluster: Cluster): readonly string[] =>
  node(cluster)
    .rules.filter((rule) => rule.family === 4)
    .map((rule) => {
      const src = rule.src === undefined ? '' : ` from ${rule.src.text}`;
      const dst = rule.dst === undefined ? '' : ` to ${rule.dst.text}`;
      const mark = rule.fwmark === undefined ? '' : ` fwmark 0x${rule.fwmark.toString(16)}`;
      return `${rule.priority}${src}${dst}${mark} ${rule.action.kind === 'lookup' ? rule.action.table : rule.action.kind}`;
    });

const MANGLE = [
  '-A PREROUTING -i ens5 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80',
  '-A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80',
  '-A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80',
];
const JUMPS = [
  '-A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0',
  '-A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80',
  '-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0',
];
const CHAINS = [':AWS-CONNMARK-CHAIN-0 - [0:0]', ':AWS-SNAT-CHAIN-0 - [0:0]'];
const MARK = '-A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80';
const SNAT =
  '-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.0.0.75';
const ret = (chain: string, block: string, comment: string): string =>
  `-A ${chain}${block === '' ? '' : ` -d ${block}`} -m comment --comment "${comment}" -j RETURN`;

describe('iptables', () => {
  test('v1.23, legacy: defaults', () => {
    const cluster = withOs(withCni(articleCluster, '1.23.1'), 'AmazonLinux2');
    expect(awsLines(cluster, 'mangle')).toEqual([MANGLE[0]?.replace('ens5', 'eth0'), MANGLE[1], MANGLE[2]]);
    expect(awsLines(cluster, 'nat')).toEqual([
      ...CHAINS,
      ...JUMPS,
      ret('AWS-CONNMARK-CHAIN-0', '10.0.0.0/16', 'AWS CONNMARK CHAIN'),
      MARK,
      ret('AWS-SNAT-CHAIN-0', '10.0.0.0/16', 'AWS SNAT CHAIN'),
      `${SNAT} --random-fully`,
    ]);
  });

  test('v1.21 on AL2023 keeps the mark in iptables, with its own comments', () => {
    expect(awsLines(articleCluster, 'mangle')).toEqual(MANGLE);
    expect(awsLines(articleCluster, 'nat')).toEqual([
      ...CHAINS,
      ...JUMPS,
      ret('AWS-CONNMARK-CHAIN-0', '10.0.0.0/16', 'AWS CONNMARK CHAIN, VPC CIDR'),
      MARK,
      ret('AWS-SNAT-CHAIN-0', '10.0.0.0/16', 'AWS SNAT CHAIN'),
      `${SNAT} --random-fully`,
    ]);
    expect(node(articleCluster).nft).toEqual([]);
  });

  test('two CIDRs and two exclusions: the last exclusion stands first', () => {
    const env = {
      AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.12.0.0/16,10.13.0.0/16',
      AWS_VPC_K8S_CNI_RANDOMIZESNAT: 'hashrandom',
    };
    const cluster = withOs(
      withVpcCidrs(withCni(articleCluster, '1.23.0', env), ['10.0.0.0/16', '100.64.0.0/16']),
      'AmazonLinux2',
    );
    const blocks = ['10.13.0.0/16', '10.12.0.0/16', '100.64.0.0/16', '10.0.0.0/16'];
    expect(awsLines(cluster, 'nat').slice(5)).toEqual([
      ...blocks.map((block) => ret('AWS-CONNMARK-CHAIN-0', block, 'AWS CONNMARK CHAIN')),
      MARK,
      ...blocks.map((block, i) =>
        ret('AWS-SNAT-CHAIN-0', block, i < 2 ? 'AWS SNAT CHAIN EXCLUSION' : 'AWS SNAT CHAIN'),
      ),
      `${SNAT} --random`,
    ]);
  });

  test('EXTERNALSNAT=true: empty chains, the mangle rules stay', () => {
    const env = { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true' };
    expect(awsLines(withCni(articleCluster, '1.21.1', env), 'nat')).toEqual(CHAINS);
    expect(awsLines(withCni(articleCluster, '1.21.1', env), 'mangle')).toEqual(MANGLE);
    expect(awsLines(withCni(articleCluster, '1.23.1', env), 'nat')).toEqual([':AWS-SNAT-CHAIN-0 - [0:0]']);
    expect(node(withCni(articleCluster, '1.23.1', env)).nft).toEqual([]);
    const neither = { ...env, AWS_VPC_CNI_NODE_PORT_SUPPORT: 'false' };
    expect(awsLines(withCni(articleCluster, '1.21.1', neither), 'mangle')).toEqual([]);
  });

  test('no node ports, no random ports, everything excluded', () => {
    const env = {
      AWS_VPC_CNI_NODE_PORT_SUPPORT: 'false',
      AWS_VPC_K8S_CNI_RANDOMIZESNAT: 'none',
      AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '0.0.0.0/0',
    };
    const cluster = withOs(withCni(articleCluster, '1.23.1', env), 'AmazonLinux2');
    expect(awsLines(cluster, 'mangle')).toEqual([MANGLE[1]]);
    expect(awsLines(cluster, 'nat').slice(2)).toEqual([
      ...JUMPS,
      ret('AWS-CONNMARK-CHAIN-0', '', 'AWS CONNMARK CHAIN'),
      ret('AWS-CONNMARK-CHAIN-0', '10.0.0.0/16', 'AWS CONNMARK CHAIN'),
      MARK,
      ret('AWS-SNAT-CHAIN-0', '', 'AWS SNAT CHAIN EXCLUSION'),
      ret('AWS-SNAT-CHAIN-0', '10.0.0.0/16', 'AWS SNAT CHAIN'),
      SNAT,
    ]);
    expect(awsLines(withCni(articleCluster, '1.12.0', env), 'mangle')).toEqual([]);
  });

  test('ladders before v1.16.2, without marks before v1.8', () => {
    const env = { AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.12.0.0/16' };
    const snatLadder = [
      '-A AWS-SNAT-CHAIN-0 ! -d 10.0.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-1',
      '-A AWS-SNAT-CHAIN-1 ! -d 10.12.0.0/16 -m comment --comment "AWS SNAT CHAIN EXCLUSION" -j AWS-SNAT-CHAIN-2',
      `${SNAT.replace('CHAIN-0', 'CHAIN-2')} --random-fully`,
    ];
    const v112 = awsLines(withCni(articleCluster, '1.12.0', env), 'nat').filter((line) => line.startsWith('-A'));
    expect(v112).toEqual([
      '-A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -m state --state NEW -j AWS-CONNMARK-CHAIN-0',
      JUMPS[1],
      JUMPS[2],
      '-A AWS-CONNMARK-CHAIN-0 ! -d 10.0.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j AWS-CONNMARK-CHAIN-1',
      '-A AWS-CONNMARK-CHAIN-1 ! -d 10.12.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, EXCLUDED CIDR" -j AWS-CONNMARK-CHAIN-2',
      MARK.replace('CHAIN-0', 'CHAIN-2'),
      ...snatLadder,
    ]);
    const v17 = awsLines(withCni(articleCluster, '1.7.10', env), 'nat').filter((line) => line.startsWith('-A'));
    expect(v17).toEqual([JUMPS[2], ...snatLadder]);
    const v16 = awsLines(withCni(articleCluster, '1.6.4', env), 'nat').at(-1);
    expect(v16).toBe(
      '-A AWS-SNAT-CHAIN-2 -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.0.0.75 --random',
    );
  });

  test('kube-proxy and kubelet stand before what the CNI appends', () => {
    const lines = printIptablesSave(node(articleCluster).iptables.ip).split('\n');
    const targets = (chain: string, table: string): readonly string[] => {
      const from = lines.indexOf(`*${table}`);
      const rules = lines.slice(from, lines.indexOf('COMMIT', from)).filter((line) => line.startsWith(`-A ${chain} `));
      return rules.map((line) => / -j (\S+)/.exec(line)?.[1] ?? '');
    };
    expect(targets('PREROUTING', 'nat')).toEqual(['KUBE-SERVICES', 'AWS-CONNMARK-CHAIN-0', 'CONNMARK']);
    expect(targets('POSTROUTING', 'nat')).toEqual(['KUBE-POSTROUTING', 'AWS-SNAT-CHAIN-0']);
    expect(targets('INPUT', 'filter')).toEqual([
      'KUBE-PROXY-FIREWALL',
      'KUBE-NODEPORTS',
      'KUBE-EXTERNAL-SERVICES',
      'KUBE-FIREWALL',
    ]);
    expect(targets('KUBE-FIREWALL', 'filter')).toEqual(['DROP']);
    expect(lines).toContain(':KUBE-IPTABLES-HINT - [0:0]');
    expect(lines.filter((line) => line.startsWith(':KUBE-KUBELET-CANARY'))).toHaveLength(3);
  });

  test('a rule says which variable made it and where that was set', () => {
    const cluster = withCni(articleCluster, '1.21.1', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false' });
    const snat = node(cluster).iptables.ip.get('nat')?.chains.get('AWS-SNAT-CHAIN-0')?.rules.at(-1);
    expect(snat?.origin).toEqual({
      by: 'vpc-cni',
      because: 'AWS_VPC_K8S_CNI_EXTERNALSNAT=false',
      at: { file: 'cluster.yaml', line: 1 },
    });
  });
});

test('v1.23 on an nft node marks in table ip aws-cni', () => {
  const cluster = withVpcCidrs(withCni(articleCluster, '1.23.1'), ['100.64.0.0/16', '10.0.0.0/16']);
  expect(awsLines(cluster, 'nat').filter((line) => line.includes('CONNMARK'))).toEqual([]);
  expect(printNftTables(node(cluster).nft).replaceAll(' packets 0 bytes 0', '')).toBe(
    [
      'table ip aws-cni {',
      '\tchain snat-mark {',
      '\t\tcounter ip daddr 10.0.0.0/16 return',
      '\t\tcounter ip daddr 100.64.0.0/16 return',
      '\t\tcounter ct mark set ct mark | 0x00000080',
      '\t}',
      '',
      '\tchain nat-prerouting {',
      '\t\ttype nat hook prerouting priority dstnat + 10; policy accept;',
      '\t\tfib daddr type local return',
      '\t\tiifname "eni*" counter jump snat-mark',
      '\t\tcounter meta mark set ct mark & 0x00000080',
      '\t}',
      '}',
      '',
    ].join('\n'),
  );
});

describe('ip rules', () => {
  const article = [
    '0 255',
    '512 to 10.0.1.51/32 254',
    '512 to 10.0.1.60/32 254',
    '1024 fwmark 0x80 254',
    '1536 from 10.0.1.51/32 2',
    '32765 from 10.0.0.85/32 2',
    '32765 from 10.0.0.84/32 3',
    '32766 254',
    '32767 253',
  ];
  test('of the node with three interfaces', () => {
    expect(ruleText(articleCluster)).toEqual(article);
    expect(ruleText(withCni(articleCluster, '1.21.1', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true' }))).toEqual(article);
  });
  test('before v1.20 an ENI had none of its own; before v1.8 one a VPC CIDR', () => {
    expect(ruleText(withCni(articleCluster, '1.19.6'))).toEqual(article.filter((line) => !line.startsWith('32765')));
    const cluster = withVpcCidrs(articleCluster, ['10.0.0.0/16', '100.64.0.0/16']);
    expect(ruleText(withCni(cluster, '1.7.10')).filter((line) => line.startsWith('1536'))).toEqual([
      '1536 from 10.0.1.51/32 to 10.0.0.0/16 2',
      '1536 from 10.0.1.51/32 to 100.64.0.0/16 2',
    ]);
    const external = withCni(cluster, '1.7.10', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true' });
    expect(ruleText(external)).toContain('1536 from 10.0.1.51/32 2');
  });
  test('the mark rule goes when neither node ports nor SNAT need it; external services have their own', () => {
    const env = { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true', AWS_VPC_CNI_NODE_PORT_SUPPORT: 'false' };
    expect(ruleText(withCni(articleCluster, '1.21.1', env)).some((line) => line.startsWith('1024'))).toBe(false);
    const services = withCni(articleCluster, '1.21.1', { AWS_EXTERNAL_SERVICE_CIDRS: '203.0.113.0/24' });
    expect(ruleText(services)).toContain('1535 to 203.0.113.0/24 254');
  });

  test('without node ports the mark rule is there for SNAT, since v1.12.1', () => {
    const marked = (version: string): boolean =>
      ruleText(withCni(articleCluster, version, { AWS_VPC_CNI_NODE_PORT_SUPPORT: 'false' })).includes(
        '1024 fwmark 0x80 254',
      );
    expect([marked('1.12.0'), marked('1.12.1'), marked('1.21.1')]).toEqual([false, true, true]);
  });
});

test('branch interfaces in strict mode move the local table behind their rules', () => {
  expect(ruleText(withCni(articleCluster, '1.21.1', { ENABLE_POD_ENI: 'true' }))[0]).toBe('20 255');
  const standard = { ENABLE_POD_ENI: 'true', POD_SECURITY_GROUP_ENFORCING_MODE: 'standard' };
  expect(ruleText(withCni(articleCluster, '1.21.1', standard))[0]).toBe('0 255');
});

test('host veth names are the hash of namespace and pod', () => {
  for (const [prefix, namespace, pod, want] of [
    ['eni', 'packetlab', 'toolbox-a-6fb5b9b786-lszr4', 'eniaee705c1f69'],
    ['eni', 'kube-system', 'coredns-57ff979f67-qqbdh', 'enib5faff8a083'],
    ['vlan', 'kube-system', 'coredns-57ff979f67-qqbdh', 'vlanb5faff8a083'],
    ['eni', 'kube-system', 'coredns-759c77bd6c-9m46w', 'enifdec4b696ce'],
    ['eni', 'default', 'sample-pod', 'enicc21c2d7785'],
  ] as const)
    expect(podLinkNames(prefix, namespace, pod).veth).toBe(want);
});

test('versions compare by number', () => {
  const of = (major: number, minor: number, patch: number) => ({ major, minor, patch });
  expect(atLeast(of(1, 9, 0), '1.16.2')).toBe(false);
  expect(atLeast(of(1, 16, 2), '1.16.2')).toBe(true);
  expect(atLeast(of(2, 0, 0), '1.23.0')).toBe(true);
});

test('wrong values fall back as the plugin does', () => {
  const env = { AWS_VPC_ENI_MTU: '10000', AWS_VPC_K8S_CNI_EXTERNALSNAT: 'yes', AWS_VPC_K8S_CNI_VETHPREFIX: 'eth' };
  const settings = pathSettings(withCni(articleCluster, '1.21.1', { ...env, POD_MTU: '8000' }).cni);
  expect(settings).toMatchObject({ eniMtu: 9001, podMtu: 8000, externalSnat: false, vethPrefix: 'eni' });
});

test("a pod's chain for IPv4 egress is named by the network and the container", () => {
  expect(egressChain('containerId-123')).toBe('CNI-E4-5740307710ebfd5fb24f5');
});

import { describe, expect, test } from 'vitest';
import { type CniEnvironment, CNI_CODE as CODE, MOST_CONFIG, printFailure, printResult, readRequest } from './index.ts';

const CONFIG = { cniVersion: '1.1.0', name: 'packetwalk', type: 'packetwalk-cni', node: 'ip-10-0-0-75' };
const ADD: CniEnvironment = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/run/netns/c1',
  CNI_IFNAME: 'eth0',
  CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-1',
};

const read = (env: CniEnvironment, config: object | string = CONFIG) =>
  readRequest(env, () => (typeof config === 'string' ? config : JSON.stringify(config)));

describe('what a runtime asks', () => {
  test('ADD, with the pod of CNI_ARGS', () => {
    expect(read(ADD)).toEqual({
      cniVersion: '1.1.0',
      request: {
        value: {
          command: 'ADD',
          config: { cniVersion: '1.1.0', name: 'packetwalk', lab: 'lab', node: 'ip-10-0-0-75' },
          key: { containerID: 'c1', ifName: 'eth0' },
          netns: '/run/netns/c1',
          pod: { namespace: 'shop', name: 'web-1' },
        },
      },
    });
  });

  test('DEL needs neither a namespace nor a pod', () => {
    const env = { CNI_COMMAND: 'DEL', CNI_CONTAINERID: 'c1', CNI_IFNAME: 'eth0' };
    expect(read(env).request).toMatchObject({ value: { command: 'DEL', key: { containerID: 'c1' } } });
  });

  test('GC takes its list under both keys that runtimes write', () => {
    for (const key of ['cni.dev/valid-attachments', 'cni.dev/attachments'])
      expect(
        read({ CNI_COMMAND: 'GC' }, { ...CONFIG, [key]: [{ containerID: 'c1', ifname: 'eth0' }] }).request,
      ).toMatchObject({ value: { command: 'GC', valid: [{ containerID: 'c1', ifName: 'eth0' }] } });
  });

  test('VERSION wants no more than a version', () => {
    expect(read({ CNI_COMMAND: 'VERSION' }, { cniVersion: '0.4.0' })).toEqual({
      cniVersion: '0.4.0',
      request: { value: { command: 'VERSION', cniVersion: '0.4.0' } },
    });
    for (const nothing of ['', '\n'])
      expect(read({ CNI_COMMAND: 'VERSION' }, nothing)).toEqual({
        cniVersion: '1.1.0',
        request: { value: { command: 'VERSION', cniVersion: '1.1.0' } },
      });
  });

  test('each variable it forgot is named at once', () => {
    const said = (command: string): string | undefined => {
      const { request } = read({ CNI_COMMAND: command });
      return 'failure' in request ? request.failure.msg : undefined;
    };
    expect(said('ADD')).toBe('CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME are not set');
    expect(said('DEL')).toBe('CNI_CONTAINERID, CNI_IFNAME are not set');
  });
});

describe('what is refused, with its code and a word that says what', () => {
  const long = 'x'.repeat(300);
  for (const [name, env, config, code, says] of [
    ['no command', {}, CONFIG, CODE.invalidEnvironment, 'CNI_COMMAND is not set'],
    ['another command', { ...ADD, CNI_COMMAND: 'add' }, CONFIG, CODE.invalidEnvironment, 'CNI_COMMAND'],
    ['no JSON', ADD, '{', CODE.decodingFailure, 'not JSON'],
    ['a list', ADD, '[]', CODE.decodingFailure, 'not a JSON object'],
    ['too deep', ADD, `{"args":${'['.repeat(60)}${']'.repeat(60)}}`, CODE.decodingFailure, 'deeper'],
    ['too long', ADD, ' '.repeat(MOST_CONFIG + 1), CODE.decodingFailure, 'characters'],
    ['a version nobody speaks', ADD, { ...CONFIG, cniVersion: '9.0.0' }, CODE.incompatibleVersion, '9.0.0'],
    ['no version', ADD, { ...CONFIG, cniVersion: undefined }, CODE.incompatibleVersion, '0.1.0'],
    [
      'CHECK before it was',
      { ...ADD, CNI_COMMAND: 'CHECK' },
      { ...CONFIG, cniVersion: '0.3.1' },
      CODE.incompatibleVersion,
      'CHECK',
    ],
    ['GC before it was', { CNI_COMMAND: 'GC' }, { ...CONFIG, cniVersion: '1.0.0' }, CODE.incompatibleVersion, 'GC'],
    ['CHECK without a result', { ...ADD, CNI_COMMAND: 'CHECK' }, CONFIG, CODE.invalidConfig, 'prevResult'],
    ['GC without a list', { CNI_COMMAND: 'GC' }, CONFIG, CODE.invalidConfig, 'valid-attachments'],
    ['no node', ADD, { ...CONFIG, node: undefined }, CODE.invalidConfig, '"node"'],
    ['a node that is a path', ADD, { ...CONFIG, node: '../../etc' }, CODE.invalidConfig, '"node"'],
    ['a lab that is a path', ADD, { ...CONFIG, lab: '../x' }, CODE.invalidConfig, '"lab"'],
    ['a network without a name', ADD, { ...CONFIG, name: '' }, CODE.invalidConfig, '"name"'],
    [
      'somebody else who gives addresses',
      ADD,
      { ...CONFIG, ipam: { type: 'host-local' } },
      CODE.unsupportedField,
      '"ipam"',
    ],
    ['a slip', ADD, { ...CONFIG, nodes: 'a' }, CODE.unsupportedField, '"nodes"'],
    ['a key that every object has', ADD, '{"cniVersion":"1.0.0","__proto__":1}', CODE.unsupportedField, '__proto__'],
    ['a result before ADD', ADD, { ...CONFIG, prevResult: {} }, CODE.unsupportedField, 'prevResult'],
    [
      'a result that is none',
      { ...ADD, CNI_COMMAND: 'CHECK' },
      { ...CONFIG, prevResult: { ips: 1 } },
      CODE.invalidConfig,
      'prevResult',
    ],
    ['a container without a name', { ...ADD, CNI_CONTAINERID: '' }, CONFIG, CODE.invalidEnvironment, 'CNI_CONTAINERID'],
    [
      'a container that is a path',
      { ...ADD, CNI_CONTAINERID: '../x' },
      CONFIG,
      CODE.invalidEnvironment,
      'CNI_CONTAINERID',
    ],
    ['a very long container', { ...ADD, CNI_CONTAINERID: long }, CONFIG, CODE.invalidEnvironment, 'CNI_CONTAINERID'],
    ['another interface', { ...ADD, CNI_IFNAME: 'net1' }, CONFIG, CODE.invalidEnvironment, 'CNI_IFNAME'],
    ['an interface no kernel takes', { ...ADD, CNI_IFNAME: 'a b' }, CONFIG, CODE.invalidEnvironment, 'CNI_IFNAME'],
    ['no namespace', { ...ADD, CNI_NETNS: undefined }, CONFIG, CODE.invalidEnvironment, 'CNI_NETNS'],
    ['a namespace beside the program', { ...ADD, CNI_NETNS: 'c1' }, CONFIG, CODE.invalidEnvironment, 'CNI_NETNS'],
    ['no pod', { ...ADD, CNI_ARGS: 'IgnoreUnknown=1' }, CONFIG, CODE.invalidEnvironment, 'K8S_POD_NAMESPACE'],
    [
      'a pod no cluster has',
      { ...ADD, CNI_ARGS: 'K8S_POD_NAMESPACE=a;K8S_POD_NAME=B/c' },
      CONFIG,
      CODE.invalidEnvironment,
      'K8S_POD_NAME',
    ],
    ['arguments that are no pairs', { ...ADD, CNI_ARGS: 'x' }, CONFIG, CODE.invalidEnvironment, 'KEY=VALUE'],
  ] as const)
    test(name, () => {
      const { cniVersion, request } = read(env, config);
      expect(request).toMatchObject({ failure: { code } });
      const printed = printFailure(cniVersion, 'failure' in request ? request.failure : { code: 0, msg: '' });
      expect(printed).toContain(says.includes('"') ? JSON.stringify(says).slice(1, -1) : says);
      expect(JSON.parse(printed)).toMatchObject({
        cniVersion: expect.stringMatching(/^(0\.3\.1|0\.4\.0|1\.[01]\.0)$/),
      });
      expect(printed.length).toBeLessThan(600);
    });

  test('stdin that cannot be read', () => {
    const { request } = readRequest(ADD, () => {
      throw new Error('EISDIR: illegal operation on a directory, read');
    });
    expect(request).toMatchObject({ failure: { code: CODE.ioFailure, details: expect.stringContaining('EISDIR') } });
  });
});

describe('the result, as each version writes it', () => {
  const result = {
    interfaces: [{ name: 'eth0', mac: '02:00:00:00:00:01', mtu: 9001, sandbox: '/run/netns/c1' }],
    ips: [{ address: '10.0.1.52/32', interface: 0 }],
  };
  for (const [version, family, mtu] of [
    ['0.3.1', '4', undefined],
    ['0.4.0', '4', undefined],
    ['1.0.0', undefined, undefined],
    ['1.1.0', undefined, 9001],
  ] as const)
    test(version, () => {
      const printed = JSON.parse(printResult(version, result)) as typeof result & { ips: { version?: string }[] };
      expect(printed.ips[0]?.version).toBe(family);
      expect(printed.interfaces[0]?.mtu).toBe(mtu);
    });
});

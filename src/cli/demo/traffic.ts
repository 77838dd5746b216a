import { showConntrack, type TableName } from '../../linux/index.ts';
import { ip } from '../../net/index.ts';
import type { ObservedExperiment } from '../../render/index.ts';
import type { Argv, Kernel } from './kernel.ts';
import type { Lab } from './lab.ts';
import { type Answer, grep, notInstalled, observeAll, output, type Question } from './observe.ts';
import { NODE, OTHER_NODE, POD_A } from './places.ts';
import { seen, ttl } from './results.ts';

const CLIENT_PORT = 59432;
const SECOND_ENDPOINT = '10.0.3.193';
const CLUSTER_URL = 'http://echo-clusterip.packetlab.svc.cluster.local';
const clientAddress = grep('client_address=');

export async function connectivity(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const ping = async (to: string, printed: string): Promise<Question> => ({
    command: `ping -c 3 ${to}`,
    printed,
    model: ttl(await lab.ask(POD_A, to, 'icmp')),
    where: POD_A,
    run: (on) => echo(on, to),
    cut: (text) => /\bttl=\d+/.exec(text)?.[0] ?? text,
  });
  return {
    title: '3  Pod to pod',
    observations: await observeAll(kernel, [await ping('10.0.0.75', 'ttl=127'), await ping('10.0.2.29', 'ttl=125')]),
  };
}

async function echo(kernel: Kernel, to: string): Promise<Answer> {
  if (kernel.has('ping')) return { text: await output(kernel, POD_A, ['ping', '-c', '3', '-i', '0.2', to]) };
  const arrived = await kernel.echoTtl(POD_A, ip(to));
  return {
    text: arrived === undefined ? 'no reply' : `ttl=${arrived}`,
    ranAs: 'one echo request from a raw socket: ping is not installed here',
  };
}

export async function dns(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const name = 'kubernetes.default.svc.cluster.local';
  const asked = await lab.ask(POD_A, `${name}:443`);
  return {
    title: '4  DNS through a ClusterIP',
    observations: await observeAll(kernel, [
      {
        command: `dig +short ${name}`,
        printed: '172.20.0.1',
        model: asked.query.to.address ?? 'no answer',
        where: POD_A,
        run: [
          ['dig', '+short', name],
          ['getent', 'ahostsv4', name],
        ],
        cut: (text) => /^\d+\.\S+/.exec(text)?.[0] ?? text,
      },
      {
        ...chain(lab, kernel, 'nat', 'KUBE-SVC-TCOU7JCQXEZGVUNU', 'KUBE-SEP'),
        printed:
          'KUBE-SEP-43APF7RZ6NYHDOWA  all ... /* -> 10.0.1.181:53 */ statistic mode random probability 0.50000000000\nKUBE-SEP-5PFK5H2IGDZ73DVD  all ... /* -> 10.0.3.231:53 */',
        reason:
          'the printed names are hashes of 10.212.142.181:53 and 10.212.143.231:53: the addresses were altered after the fact, the names were not',
      },
    ]),
  };
}

export async function clusterIp(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const curl = await lab.ask(POD_A, CLUSTER_URL);
  const { entries } = lab.converse(toClusterIp(lab), NODE, `${SECOND_ENDPOINT}:8080`);
  const entry = entries.find((each) => each.original.dst === '172.20.122.189');
  return {
    title: '5  ClusterIP',
    observations: await observeAll(kernel, [
      {
        command: `curl -s ${CLUSTER_URL}`,
        printed: 'client_address=10.0.1.51',
        model: `client_address=${seen(curl)}`,
        where: POD_A,
        run: ['curl', '-s', CLUSTER_URL],
        cut: clientAddress,
      },
      {
        ...chain(lab, kernel, 'nat', 'KUBE-SVC-B23I5IPCVQPNADR7', 'KUBE-SEP'),
        printed:
          'KUBE-SEP-MNWX5K5OIII64PTW  all ... /* -> 10.0.2.127:8080 */ statistic mode random probability 0.50000000000\nKUBE-SEP-XAUWYAMA2TYGF5RO  all ... /* -> 10.0.3.193:8080 */',
        reason: 'the printed names are hashes of 10.212.136.127:8080 and 10.212.143.193:8080',
      },
      {
        command: 'conntrack -L | grep 172.20.122.189',
        printed:
          'tcp 6 60 TIME_WAIT src=10.0.1.51 dst=172.20.122.189 sport=59432 dport=80 src=10.0.3.193 dst=10.0.1.51 sport=8080 dport=59432 [ASSURED] mark=0',
        model: entry === undefined ? 'no entry' : showConntrack(entry),
        where: NODE,
        run: conntrackOnNode,
        cut: (text) => connection(text, kernel !== undefined),
        reason:
          kernel === undefined
            ? 'the printed entry was 60 s old; the model prints a fresh one'
            : 'the printed entry was 60 s old; the seconds left are cut out of the others',
      },
    ]),
  };
}

/** The line of the one connection, its blanks made one. */
const connection = (text: string, cutSeconds: boolean): string =>
  grep(`dst=172.20.122.189 sport=${CLIENT_PORT}`)(text)
    .replace(/\s+/g, ' ')
    .replace(/^tcp 6 \d+/, cutSeconds ? 'tcp 6 ...' : '$&');

const MAX_TRIES = 64;

/**
 * Connects from the article's port until chance takes the second endpoint, then lists. Meanwhile the pod keeps no socket
 * in TIME_WAIT (tcp(7), tcp_max_tw_buckets), or the port would not be free for a minute after each try.
 */
async function conntrackOnNode(kernel: Kernel): Promise<Answer> {
  const missing = ['curl', 'conntrack'].filter((tool) => !kernel.has(tool));
  if (missing.length > 0) return notInstalled(...missing);
  const curl: Argv = ['curl', '-s', '-o', '/dev/null', '--local-port', String(CLIENT_PORT), CLUSTER_URL];
  kernel.set(POD_A, 'net.ipv4.tcp_max_tw_buckets', '0');
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await kernel.run(POD_A, curl);
    const { stdout } = await kernel.run(NODE, ['conntrack', '-L']);
    if (connection(stdout, true).includes(`src=${SECOND_ENDPOINT} `))
      return {
        text: stdout,
        ranAs: `curl --local-port ${CLIENT_PORT} until it meets ${SECOND_ENDPOINT}, conntrack -L`,
      };
  }
  return { text: `no connection to ${SECOND_ENDPOINT} in ${MAX_TRIES} tries` };
}

const toClusterIp = (lab: Lab): Parameters<Lab['converse']>[0] => {
  const service = lab.world.directory.services.find((each) => each.name === 'echo-clusterip');
  const [dst] = service?.clusterIPs ?? [];
  if (dst === undefined) throw new Error('The example has no Service echo-clusterip');
  return { from: lab.netns(POD_A).id, dst, dport: 80, sport: CLIENT_PORT, protocol: 'tcp' };
};

export async function nodePort(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const local = await lab.ask(NODE, '127.0.0.1:32385');
  const remote = await lab.ask(OTHER_NODE, `${NODE}:32385`);
  return {
    title: '6  NodePort',
    observations: await observeAll(kernel, [
      {
        ...chain(lab, kernel, 'nat', 'KUBE-POSTROUTING', '0.0.0.0/0'),
        printed:
          'RETURN  all ... mark match ! 0x4000/0x4000\nMARK  all ... MARK xor 0x4000\nMASQUERADE  all ... /* kubernetes service traffic requiring SNAT */ random-fully',
        ...(kernel?.protocolNames === false ? { reason: PROTOCOL_NUMBERS } : {}),
      },
      {
        command: 'curl -s http://localhost:32385   (on ip-10-0-0-75)',
        printed: 'client_address=10.0.0.75',
        model: `client_address=${seen(local)}`,
        where: NODE,
        run: ['curl', '-s', 'http://localhost:32385'],
        cut: clientAddress,
      },
      {
        command: 'curl -s http://10.0.0.75:32385   (on ip-10-0-0-49)',
        printed: 'client_address=10.0.0.75',
        model: `client_address=${seen(remote)}`,
        where: OTHER_NODE,
        run: ['curl', '-s', 'http://10.0.0.75:32385'],
        cut: clientAddress,
      },
    ]),
  };
}

const PROTOCOL_NUMBERS = "the article's iptables prints protocol 0 as all, the one on this machine as 0";

export async function egress(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const out = await lab.ask(POD_A, 'https://checkip.amazonaws.com');
  const twin = 'there are three rules: -L hides the interfaces, so the vlan+ twin of the second prints the same line';
  return {
    title: '7  Pod egress',
    observations: await observeAll(kernel, [
      {
        command: 'curl -s https://checkip.amazonaws.com',
        printed: '44.218.31.211',
        model: seen(out),
        where: POD_A,
        // -k: the server of the lab shows a certificate it made itself
        run: ['curl', '-s', '-k', 'https://checkip.amazonaws.com'],
      },
      {
        ...chain(lab, kernel, 'mangle', 'PREROUTING', 'CONNMARK'),
        printed:
          'CONNMARK  all ... /* AWS, primary ENI */ ADDRTYPE match dst-type LOCAL limit-in CONNMARK or 0x80\nCONNMARK  all ... /* AWS, primary ENI */ CONNMARK restore mask 0x80',
        reason: kernel?.protocolNames === false ? `${twin}; ${PROTOCOL_NUMBERS}` : twin,
      },
    ]),
  };
}

/** `iptables -L` of one chain of the node, cut to the lines that hold `part`. */
function chain(
  lab: Lab,
  kernel: Kernel | undefined,
  table: TableName,
  name: string,
  part: string,
): Pick<Question, 'command' | 'model' | 'where' | 'run' | 'cut'> {
  return {
    command: `iptables -t ${table} -L ${name} -n`,
    model: lab.list(NODE, table, name),
    where: NODE,
    run: [kernel?.iptables ?? 'iptables', '-t', table, '-L', name, '-n'],
    cut: grep(part),
  };
}

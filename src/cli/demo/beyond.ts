import { applyPatches } from '../../ingest/index.ts';
import type { Netns } from '../../linux/index.ts';
import type { ObservedExperiment } from '../../render/index.ts';
import type { RoundTrip, TraceResult } from '../../trace/index.ts';
import type { World } from '../../world/index.ts';
import { answerOn } from '../answer.ts';
import { CommandError } from '../io.ts';
import type { Kernel } from './kernel.ts';
import type { Lab } from './lab.ts';
import { type Answer, notInstalled, observeAll, output } from './observe.ts';
import { NODE, OTHER_NODE, POD_A } from './places.ts';

const SERVICE = '172.20.122.189';
const NODE_PORT = '10.0.0.75:32385';
const GATEWAY = '169.254.1.1';
const SNAT_RULE = [
  ...['-m', 'comment', '--comment', 'kubernetes service traffic requiring SNAT'],
  ...['-j', 'MASQUERADE', '--random-fully'],
] as const;

/** What the article claims and did not try: each thing it calls necessary is taken away, in the model and in the lab. */
export async function beyond(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment[]> {
  return [await withoutArpEntry(lab, kernel), await withoutSnat(lab, kernel)];
}

async function withoutArpEntry(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const pod = lab.netns(POD_A);
  const [entry] = pod.neighbours;
  if (entry === undefined) throw new CommandError('The example has a pod without its permanent neighbour');
  const unaware = withNetns(lab.world, { ...pod, neighbours: [] });
  const asked = await answerOn(unaware, { from: POD_A, to: `${SERVICE}:80` });
  const unanswered = asked.roundTrips.every(({ forward }) =>
    forward.hops.some(({ steps }) => steps.some(({ because }) => because.includes(`answers ARP for ${GATEWAY}`))),
  );
  return {
    title: 'Not in the article: without the permanent ARP entry',
    observations: await observeAll(kernel, [
      {
        command: `arping -c 1 -I eth0 ${GATEWAY}`,
        model: unanswered ? '0 replies' : '1 reply',
        where: POD_A,
        run: ['arping', '-c', '1', '-I', 'eth0', GATEWAY],
        cut: replies,
      },
      {
        command: `ip neigh del ${GATEWAY} dev eth0; curl -s http://${SERVICE}`,
        model: curlOf(asked),
        where: POD_A,
        run: async (on) => {
          const { dst, dev, lladdr = '' } = entry;
          await must(on, POD_A, ['ip', 'neigh', 'del', dst, 'dev', dev]);
          const answer = await curl(on, POD_A, `http://${SERVICE}`);
          await must(on, POD_A, ['ip', 'neigh', 'replace', dst, 'dev', dev, 'lladdr', lladdr, 'nud', 'permanent']);
          return answer;
        },
      },
    ]),
  };
}

/** iputils and Habets' arping count what came back in words of their own. */
function replies(text: string): string {
  const count = /Received (\d+) response/.exec(text)?.[1] ?? /(\d+) packets received/.exec(text)?.[1];
  if (count === undefined) return text;
  return `${count} ${count === '1' ? 'reply' : 'replies'}`;
}

async function withoutSnat(lab: Lab, kernel: Kernel | undefined): Promise<ObservedExperiment> {
  const line = SNAT_RULE.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
  const { value: bare, issues } = applyPatches(lab.world, [
    {
      name: 'no-node-port-snat',
      node: lab.netns(NODE).id.replace('node/', ''),
      artefact: 'iptables-save',
      remove: [`-t nat -A KUBE-POSTROUTING ${line}`],
      add: [],
      enabled: true,
      source: { file: 'demo' },
    },
  ]);
  if (issues.length > 0) throw new CommandError(issues.map(({ message }) => message).join('\n'));
  const asked = await answerOn(bare, { from: OTHER_NODE, to: NODE_PORT });
  const edit = (on: Kernel, how: '-A' | '-D'): Promise<void> =>
    must(on, NODE, [on.iptables, '-t', 'nat', how, 'KUBE-POSTROUTING', ...SNAT_RULE]);
  return {
    title:
      "Not in the article: without NodePort's SNAT (iptables -t nat -D KUBE-POSTROUTING ... -j MASQUERADE, on ip-10-0-0-75)",
    observations: await observeAll(kernel, [
      {
        command: `curl -s http://${NODE_PORT}   (on ip-10-0-0-49)`,
        model: curlOf(asked),
        where: OTHER_NODE,
        run: async (on) => {
          await edit(on, '-D');
          const answer = await curl(on, OTHER_NODE, `http://${NODE_PORT}`);
          await edit(on, '-A');
          return answer;
        },
      },
    ]),
  };
}

const withNetns = (world: World, netns: Netns): World => ({
  ...world,
  netns: new Map([...world.netns, [netns.id, netns]]),
});

const SECONDS = '6';
const OUTCOMES: ReadonlyMap<number, string> = new Map([
  [0, 'an answer'],
  [7, 'curl: (7) cannot connect'],
  [28, 'curl: (28) timed out'],
]);

/** How a connection ended, by curl's exit code (curl(1), EXIT CODES). It waits longer than the kernel asks for a neighbour. */
async function curl(kernel: Kernel, where: string, url: string): Promise<Answer> {
  if (!kernel.has('curl')) return notInstalled('curl');
  const { status } = await kernel.run(where, ['curl', '-s', '-o', '/dev/null', '--max-time', SECONDS, url]);
  return { text: OUTCOMES.get(status) ?? `curl: (${status})`, ranAs: `with --max-time ${SECONDS}, by its exit code` };
}

/** The same words for what the walks found, each way chance can take. */
const curlOf = ({ roundTrips }: TraceResult): string => [...new Set(roundTrips.map(outcomeOf))].join(' or ');

function outcomeOf({ disposition }: RoundTrip): string {
  if (disposition === 'delivered' || disposition === 'answered') return 'an answer';
  return disposition === 'refused' || disposition === 'no-route' ? 'curl: (7) cannot connect' : 'curl: (28) timed out';
}

/** A change the rest builds on. */
async function must(kernel: Kernel, where: string, argv: Parameters<Kernel['run']>[1]): Promise<void> {
  const said = await output(kernel, where, argv);
  if (said.startsWith('exit ')) throw new CommandError(`Cannot change the lab: ${argv.join(' ')}: ${said}`);
}

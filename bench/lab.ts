import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { openLab, requireLab, Unavailable } from '../src/lab/index.ts';
import { printIptablesSave } from '../src/linux/index.ts';
import { ip } from '../src/net/index.ts';
import { walkSim } from '../src/sim/index.ts';
import type { World } from '../src/world/index.ts';

/** One figure, as `main.ts` prints it. `reached`: how much of its floor, which 1 just holds. */
export type Row = (what: string, measured: string, floor: string, reached: number, ratio: string) => void;

/** What the kernel suite needs, or why there are no figures of the lab. */
export function labMissing(): string | undefined {
  try {
    requireLab(['python3']);
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  }
}

/** A World onto the kernel and off it again. */
export async function labUpAndDown(
  row: Row,
  what: string,
  world: World,
  floor: { up: number; down: number },
): Promise<void> {
  const baseline = namespaceSeconds(20) / 20;
  const start = performance.now();
  const lab = await openLab(world);
  const up = (performance.now() - start) / 1000;
  const count = lab.plan.namespaces.length;
  const stop = performance.now();
  lab.holder.end();
  while (isThere(lab.holder.identity.pid)) spawnSync('sleep', ['0.01']);
  const down = (performance.now() - stop) / 1000;
  const ratio = `${(up / (baseline * count)).toFixed(1)}x bare namespaces, one "ip netns add" each`;
  row(`lab of ${what} up, ${count} namespaces`, `${up.toFixed(1)} s`, `${floor.up} s`, floor.up / up, ratio);
  row(`lab of ${what} down`, `${down.toFixed(1)} s`, `${floor.down} s`, floor.down / down, '');
}

const isThere = (pid: number): boolean => spawnSync('kill', ['-0', `${pid}`]).status === 0;

function namespaceSeconds(count: number): number {
  const script = `mount -t tmpfs bench "$(readlink -f /var/run)" && for i in $(seq ${count}); do ip netns add b$i; done`;
  const start = performance.now();
  spawnSync('unshare', ['-n', '-m', '--propagation', 'private', 'sh', '-c', script]);
  return (performance.now() - start) / 1000;
}

/** connect(2) to each address, over and over, each time from a socket of its own: microseconds, the median. */
const CONNECT = `
import json, socket, sys, time
server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('0.0.0.0', int(sys.argv[1]))); server.listen(4096)
found = []
for address in sys.argv[2:]:
    times = []
    for i in range(400):
        client = socket.socket()
        start = time.perf_counter_ns()
        client.connect((address, 80))
        times.append(time.perf_counter_ns() - start)
        client.close(); server.accept()[0].close()
    found.append(sorted(times)[len(times) // 2] / 1000)
print(json.dumps(found))
`;
const NOT_A_SERVICE = '192.0.2.1';

/**
 * A new connection to the first, the middle and the last of a node's Services: the model's walk beside the kernel's own
 * connect, in a namespace that holds the node's iptables text and to which every address is local.
 */
export function newConnections(row: Row, world: World, p50: (run: () => void, rounds: number) => number): void {
  const [node] = world.directory.nodes;
  const text = printIptablesSave(
    (node === undefined ? undefined : world.netns.get(node.netns))?.iptables.ip ?? new Map(),
  );
  const all = [...text.matchAll(/^-A KUBE-SERVICES -d ([\d.]+)\/32 .*--dport 80 /gm)].map(
    ([, address = '']) => address,
  );
  const chosen = [all[0], all[all.length >> 1], all.at(-1)].map((address) => address ?? NOT_A_SERVICE);
  const port = /--to-destination [\d.]+:(\d+)/.exec(text)?.[1] ?? '80';
  const setUp = 'ip link set lo up && ip route add local 0.0.0.0/0 dev lo && iptables-nft-restore && exec "$@"';
  const argv = ['-n', 'sh', '-c', setUp, 'sh', 'python3', '-c', CONNECT, port, ...chosen];
  const run = spawnSync('unshare', argv, { input: text, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`The kernel's connections cannot be measured: ${run.stderr}`);
  const kernel = JSON.parse(run.stdout) as readonly number[]; // the script above
  for (const [i, where] of ['first', 'middle', 'last'].entries()) {
    const dst = ip(chosen[i] ?? NOT_A_SERVICE);
    const probe = { from: 'pod/load/pod-0', dst, dport: 80, protocol: 'tcp' } as const;
    const model = p50(() => void walkSim(world, probe, { choice: { kind: 'first' }, detail: 'verdict-only' }), 2_000);
    const measured = `${model.toFixed(0)} us`;
    const ratio = `${((kernel[i] ?? 0) / model).toFixed(1)}x faster than the kernel's connect (${kernel[i]?.toFixed(0)} us)`;
    row(
      `a new connection to the ${where} of ${all.length.toLocaleString('en')} Services`,
      measured,
      'the kernel',
      (kernel[i] ?? 0) / model,
      ratio,
    );
  }
}

import type { Issue, SourceRef } from '../../base/index.ts';
import type { UnmodelledInput } from '../cluster.ts';
import { Fields } from '../read/fields.ts';
import type { RawObject } from '../read/raw-document.ts';
import { scalarOf } from '../read/scalar.ts';

/** kube-proxy's flags as a KubeProxyConfiguration says them, and those that nothing here reads. */
export interface ProxyFlags {
  /** Absent: `--config` names a file, and every flag beside it but `--hostname-override` is ignored. */
  readonly config?: { readonly fields: Fields; readonly source: SourceRef };
  readonly unmodelled: readonly UnmodelledInput[];
}

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly at: SourceRef;
}

type Kind = 'text' | 'scalar' | 'list';

/** Flag to fields of the configuration (cmd/kube-proxy/app/options.go, AddFlags). */
const FLAGS: ReadonlyMap<string, readonly [kind: Kind, ...paths: string[]]> = new Map<string, [Kind, ...string[]]>([
  ['proxy-mode', ['text', 'mode']],
  ['bind-address', ['text', 'bindAddress']],
  ['metrics-bind-address', ['text', 'metricsBindAddress']],
  ['healthz-bind-address', ['text', 'healthzBindAddress']],
  ['cluster-cidr', ['text', 'clusterCIDR']],
  ['detect-local-mode', ['text', 'detectLocalMode']],
  ['pod-bridge-interface', ['text', 'detectLocal.bridgeInterface']],
  ['pod-interface-name-prefix', ['text', 'detectLocal.interfaceNamePrefix']],
  ['ipvs-scheduler', ['text', 'ipvs.scheduler']],
  ['nodeport-addresses', ['list', 'nodePortAddresses']],
  ['masquerade-all', ['scalar', 'iptables.masqueradeAll', 'nftables.masqueradeAll']],
  ['iptables-masquerade-bit', ['scalar', 'iptables.masqueradeBit']],
  ['iptables-localhost-nodeports', ['scalar', 'iptables.localhostNodePorts']],
  ['conntrack-tcp-be-liberal', ['scalar', 'conntrack.tcpBeLiberal']],
  ['conntrack-max-per-core', ['scalar', 'conntrack.maxPerCore']],
  ['conntrack-min', ['scalar', 'conntrack.min']],
  ['conntrack-tcp-timeout-established', ['text', 'conntrack.tcpEstablishedTimeout']],
  ['conntrack-tcp-timeout-close-wait', ['text', 'conntrack.tcpCloseWaitTimeout']],
  ['conntrack-udp-timeout', ['text', 'conntrack.udpTimeout']],
  ['conntrack-udp-timeout-stream', ['text', 'conntrack.udpStreamTimeout']],
]);

/** Flags that change no rule: who is asked and how often, what is logged and where it is measured. */
const HARMLESS =
  /^(?:v|vmodule|logging-format|log-.*|kubeconfig|master|kube-api-.*|config-sync-period|feature-gates|profiling|oom-score-adj|.*bind-address(?:-hard-fail)?|metrics-port|healthz-port|show-hidden-metrics-for-version|iptables-(?:min-)?sync-period|ipvs-(?:(?:min-)?sync-period|exclude-cidrs|strict-arp)|alsologtostderr|logtostderr|stderrthreshold|skip-.*|one-output|add-dir-header)$/;

/** `owner`: the DaemonSet's template, or one of its pods. Undefined: the input does not show how it is started. */
export function readProxyFlags(owner: Fields | undefined, issues: Issue[]): ProxyFlags | undefined {
  const containers = owner?.child('spec')?.children('containers') ?? [];
  const container = containers.find((one) => one.get('name') === 'kube-proxy') ?? containers[0];
  if (container === undefined) return undefined;
  const flags = flagsOf(container);
  if (flags.length === 0) return undefined;
  const names = new Set(flags.map(({ name }) => name));
  const filed = names.has('config');
  const unmodelled = flags.filter((flag) => (filed ? fixedName(flag) : !isRead(flag))).map(unread);
  if (filed) return { unmodelled };
  const source = flags.find(({ name }) => name === 'proxy-mode')?.at ?? container.place();
  return { config: { fields: configuration(flags, source, issues), source }, unmodelled };
}

/** One name for every node: kube-proxy would find no node of its own. EKS sets it to the node's name by a variable. */
const fixedName = ({ name, value }: Flag): boolean => name === 'hostname-override' && !value.startsWith('$(');

const isRead = (flag: Flag): boolean =>
  flag.name === 'hostname-override' ? !fixedName(flag) : FLAGS.has(flag.name) || HARMLESS.test(flag.name);

const unread = ({ name, value, at }: Flag): UnmodelledInput => ({
  what: `What kube-proxy does with its flag --${name}=${value} is not modelled`,
  at,
  touches: { kind: 'nodes' },
});

/** pflag's forms: `--name=value`, `--name value`, and `--name` of a flag that is true or false. A shell's line is split at blanks. */
function flagsOf(container: Fields): readonly Flag[] {
  const words = ['command', 'args'].flatMap((field) =>
    container.list(field).flatMap((item, index) =>
      String(item)
        .split(/\s+/)
        .filter((text) => text !== '')
        .map((text) => ({ text, at: container.place(field, index) })),
    ),
  );
  return words.flatMap(({ text, at }, i): Flag[] => {
    const found = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/.exec(text);
    if (found?.[1] === undefined || text === '-c') return [];
    const name = found[1].replaceAll('_', '-');
    const next = words[i + 1]?.text;
    const value = found[2] ?? (next === undefined || next.startsWith('-') ? 'true' : next);
    return [{ name, value, at }];
  });
}

function configuration(flags: readonly Flag[], source: SourceRef, issues: Issue[]): Fields {
  const value: RawObject = {};
  const places = new Map<string, SourceRef>();
  for (const flag of flags) {
    const [kind, ...paths] = FLAGS.get(flag.name) ?? ['text'];
    const given = kind === 'text' ? flag.value : kind === 'list' ? flag.value.split(',') : scalarOf(flag.value);
    for (const path of paths) {
      const [key = '', inner] = path.split('.');
      places.set(path, flag.at);
      value[key] = inner === undefined ? given : { ...(value[key] as RawObject | undefined), [inner]: given };
    }
  }
  const locate = (path: readonly (string | number)[]): SourceRef =>
    places.get(path.slice(0, 2).join('.')) ?? places.get(String(path[0])) ?? source;
  return new Fields(
    { apiVersion: '', kind: '', value, source, locator: { locate }, base: [], overlays: new Map() },
    issues,
  );
}

import { fewOf } from '../base/index.ts';
import type { Ip } from '../net/index.ts';
import type { Finding, RoundTrip } from '../trace/index.ts';
import { type AbsentPod, type Directory, NOBODY_GIVEN, type ServiceEntry } from '../world/index.ts';
import { deathOf } from './cause-of.ts';

/** More pods than this are counted, not listed. */
const MAX_LISTED = 4;

/**
 * Pods of the Service that was asked for which cannot answer for it. An EndpointSlice lists pods that have an address and
 * have not ended (pkg/controller/endpointslice, podToEndpoint), and kube-proxy sends to those of them that are ready: where
 * there are no others, they are why a Service refuses.
 */
export function endpointFindings(directory: Directory, dst: Ip, trips: readonly RoundTrip[]): readonly Finding[] {
  const causes = trips.map((trip) => deathOf(trip, directory)?.cause);
  const refused = causes.find((cause) => cause?.kind === 'no-endpoints' || cause?.kind === 'no-local-endpoints');
  const service = directory.services.find((each) =>
    refused === undefined ? each.clusterIPs.includes(dst) : refused.service === nameOf(each),
  );
  if (service === undefined) return [];
  const absent = directory.absent.filter(({ services }) => services.includes(nameOf(service)));
  if (refused?.kind === 'no-endpoints') return noneReady(service, absent);
  return pending(
    service,
    absent.filter(({ phase }) => phase === 'Pending'),
  );
}

const nameOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;

/** It may answer by others. */
function pending(service: ServiceEntry, pods: readonly AbsentPod[]): readonly Finding[] {
  const [first] = pods;
  if (first === undefined) return [];
  return [
    {
      code: 'pending-pods',
      severity: 'warning',
      message: `Service ${nameOf(service)} has pods that are Pending, without an address, so they are not among its endpoints: ${fewOf(pods.map(told), MAX_LISTED)}`,
      fix: `find out why they do not start: ${describe(nameOf(first))}`,
    },
  ];
}

function noneReady(service: ServiceEntry, absent: readonly AbsentPod[]): readonly Finding[] {
  const waiting = absent.filter(({ phase }) => phase === 'Pending');
  const ended = absent.filter(({ phase }) => phase !== 'Pending');
  const others = [...waiting, ...ended];
  const count = service.notReady.length + others.length;
  if (count === 0) return [];
  const [disputed] = service.readyThemselves ?? [];
  if (disputed !== undefined) return [slicesDisagree(service, disputed)];
  // Of each, why it is none; where they are all running, that they are not ready says it.
  const all = [
    ...service.notReady.map((pod) => (others.length === 0 ? pod : `${pod} (not ready)`)),
    ...others.map(told),
  ];
  return [
    {
      code: 'no-ready-pods',
      severity: 'error',
      message: `Service ${nameOf(service)} selects ${count === 1 ? '1 pod, which is not ready' : `${count} pods, none of them ready`}: ${fewOf(all, MAX_LISTED)}`,
      fix: adviceOn(service.notReady[0], waiting[0], ended[0]),
    },
  ];
}

/** kube-proxy sends by the slice (pkg/proxy/endpointslicecache.go), whatever the pod says of itself. */
function slicesDisagree(service: ServiceEntry, pod: string): Finding {
  const { length } = service.readyThemselves ?? [];
  const who = length === 1 ? `pod ${pod} is` : `${length} pods are, ${pod} the first,`;
  return {
    code: 'no-ready-pods',
    severity: 'error',
    message: `Service ${nameOf(service)} has no endpoint that its EndpointSlices call ready, and ${who} Ready by its own status: slice and pod disagree, and kube-proxy goes by the slice`,
    fix: `collect both at one time; if they stay apart, find out why the EndpointSlice is not kept up: kubectl get endpointslices -n ${service.namespace} -l kubernetes.io/service-name=${service.name} -o yaml`,
  };
}

/** The one that is nearest to an answer first. */
function adviceOn(unready: string | undefined, waiting: AbsentPod | undefined, ended: AbsentPod | undefined): string {
  if (unready !== undefined) {
    return unready.includes('/')
      ? `find out why its readiness fails: ${describe(unready)}`
      : `make what answers at ${unready} ready, or set the condition "ready" of its EndpointSlice`;
  }
  if (waiting !== undefined) return `find out why it does not start: ${describe(nameOf(waiting))}`;
  return ended === undefined
    ? ''
    : `run a pod that stays: one that has ended has no address (${describe(nameOf(ended))})`;
}

const describe = (pod: string): string => `kubectl describe pod -n ${pod.replace('/', ' ')}`;

const told = (pod: AbsentPod): string =>
  `${nameOf(pod)} (${pod.phase}${pod.why === undefined ? '' : `, ${pod.why.replace(/\.$/, '')}`})`;

/** An address a pod had before it ended, that nobody has now. */
export function endedFindings({ absent }: Directory, dst: Ip, trips: readonly RoundTrip[]): readonly Finding[] {
  const pod = absent.find(({ phase, addresses }) => phase !== 'Pending' && addresses.includes(dst));
  const lost = trips.find(({ farEnd }) => !farEnd.reached && farEnd.name.startsWith('nobody'));
  if (pod === undefined || lost === undefined) return [];
  const nobody = lost.farEnd.name.startsWith(NOBODY_GIVEN) ? NOBODY_GIVEN : 'nobody';
  return [
    {
      code: 'ended-pod',
      severity: 'error',
      message: `${dst} was the address of pod ${nameOf(pod)}, which has ${pod.phase === 'Succeeded' ? 'completed' : 'failed'}: it was given back, and ${nobody} has it`,
      fix: 'ask for the pod that took over, or for its Service: whoever sends here keeps an old answer',
    },
  ];
}

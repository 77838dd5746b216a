import { isPublicIp } from '../../../net/index.ts';
import type { Place, Step } from '../../../trace/index.ts';
import { showEnd, type World } from '../../../world/index.ts';
import { balancerAt } from '../../plan/index.ts';
import type { Stay } from '../stays.ts';
import { isWorlds, type LabView } from './lab-view.ts';
import { tellBalancer } from './tell-balancer.ts';
import { deathOf } from './tell-worlds.ts';

/**
 * The steps of a stay in what the fabric was lowered to, in the fabric's own words: which ENI or gateway the packet was
 * given to, what was translated, how it died. Rules and routes of the lowering are nobody's artefact, and not told.
 */
export function tellFabric(stay: Stay, steps: readonly Step[], world: World, view: LabView): Step[] {
  const { place } = stay.at;
  const balancer = balancerAt(world.fabric, view.planned(stay.at)?.label ?? '');
  const node = balancer?.loadBalancer.type === 'network' ? balancer : undefined;
  const told: Step[] = node === undefined ? [] : tellBalancer(node, steps);
  for (const step of steps) {
    if (step.kind === 'nat' && node === undefined) told.push(translation(step, place));
    if (step.kind === 'leave' && place.kind === 'vpc') told.push(delivery(step, stay, world, view));
    if (step.kind === 'deliver')
      told.push({ ...step, socket: place.name, action: `to ${showEnd(step.after.dst, step.after.dport ?? null)}` });
    if (step.kind === 'drop') told.push(death(step, place));
  }
  return told;
}

function translation(step: Extract<Step, { kind: 'nat' }>, place: Place): Step {
  const { manip, before, after, evidence } = step;
  const [was, is] = manip === 'src' ? [before.src, after.src] : [before.dst, after.dst];
  const gateway = place.kind === 'nat-gateway';
  const one = 'one to one, ports untouched';
  const because = !gateway
    ? one
    : manip === 'src'
      ? 'many sources, one address, by port'
      : 'the answer to a connection it translated';
  const action = `${manip} ${was} ⇒ ${is}`;
  return { kind: 'fabric', what: gateway ? 'nat-gateway' : 'igw-nat', action, because, evidence, before, after };
}

/** To whom the VPC gave it. */
function delivery(step: Extract<Step, { kind: 'leave' }>, stay: Stay, world: World, view: LabView): Step {
  const { evidence, before, after } = step;
  const far = view.wiring(stay.at, step.dev);
  const about = { because: '', evidence, before, after };
  if (far === undefined) return { kind: 'fabric', what: 'delivery', action: `by ${step.dev}`, ...about };
  const { id, label } = view.planned(far.at) ?? {};
  if (!isWorlds(far.at) && far.at.place.kind !== 'control-plane' && far.at.place.kind !== 'vpc-endpoint')
    return { kind: 'fabric', what: 'subnet-route', action: `${after.dst} → ${far.at.place.name}`, ...about };
  const eni = world.fabric.enis.find(({ attachment }) => attachment?.netns === id && attachment?.dev === far.dev);
  const action = `${after.dst} is on ${eni === undefined ? '' : `${eni.id}, `}${far.dev} of ${label ?? far.at.name}`;
  return { kind: 'fabric', what: 'delivery', action, ...about };
}

/** Whom the fabric drops it does not tell, but for the errors it is documented to send. A route of the lowering is nobody's to mend. */
function death(step: Extract<Step, { kind: 'drop' }>, { kind, name }: Place): Step {
  const said = ['ttl-exceeded', 'too-big', 'exhausted', 'refused'].includes(step.disposition);
  const refused = step.because.startsWith('netfilter') || step.disposition !== 'refused';
  const disposition = said && refused ? step.disposition : 'dropped';
  const { cause, ...rest } = step;
  const { dst } = step.after;
  // What lies between the hosts of the internet has no name, and routes to hosts alone.
  if (kind === 'internet' && name === '')
    return {
      ...rest,
      disposition,
      because: `${dst} is not routed on the internet`,
      ...(isPublicIp(dst) ? {} : { cause: { kind: 'private-destination', address: dst } }),
    };
  return {
    ...rest,
    disposition,
    because: deathOf(step.because, step.after),
    ...(cause === undefined || cause.kind === 'refusing-route' ? {} : { cause }),
  };
}

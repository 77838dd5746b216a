import { parseIp } from '../../net/index.ts';
import type { HttpRequest, Headers as PacketHeaders, Probe, RoundTrip } from '../../trace/index.ts';
import type { DataPlane, World } from '../../world/index.ts';
import { Unavailable } from '../exec/ffi/index.ts';
import {
  type BalancerNode,
  balancerNodes,
  type LabPlan,
  type PlanStep,
  refilledSets,
  refillSteps,
} from '../plan/index.ts';
import { HealthChecks, type Observe } from './flow/check-targets.ts';
import { forgetFlows } from './flow/forget-flows.ts';
import { kernelProxied } from './flow/kernel-proxied.ts';
import { kernelRoundTrip } from './flow/kernel-round-trip.ts';
import { type LabView, type ObservedLab, viewLab } from './flow/lab-view.ts';
import { answerDatagram, boundTo, type Listeners, openListeners } from './flow/listeners.ts';
import { type ObservedFlow, observeFlow, PATIENCE } from './flow/observe-flow.ts';
import { unsendable } from './flow/probe-socket.ts';
import type { Watched } from './observer.ts';

export interface KernelPlane extends DataPlane {
  readonly name: 'kernel';
  close(): void;
}

export interface KernelPlaneOptions {
  /**
   * Real programs answer already, and their connections are theirs. Otherwise this opens every socket of the World, closes it
   * again, and begins each walk as the model does: no connection is known.
   */
  readonly served: boolean;
}

const TRIES = 3;
/** Milliseconds a target's answer to a health check is waited for. */
const CHECK_PATIENCE = 1000;

/**
 * The kernel as a data plane: probes are sent in a lab that holds the World, and what its kernel tells of them is the
 * trace. Chance is the kernel's: one way of a walk, whatever the choice policy.
 */
export function kernelPlane(world: World, lab: ObservedLab, options: KernelPlaneOptions): KernelPlane {
  const view = viewLab(lab);
  let listeners: Listeners | undefined;
  const close = (): void => {
    listeners?.close();
    view.close();
  };
  try {
    if (!options.served) listeners = openListeners(world, view);
  } catch (error) {
    close();
    throw error;
  }
  const flows = new Flows(world, lab, view, listeners);
  return { name: 'kernel', walk: async (_world, probe) => [await walk(world, view, probe, flows)], close };
}

async function walk(world: World, view: LabView, probe: Probe, flows: Flows): Promise<RoundTrip> {
  const other = unsendable(probe);
  if (other !== undefined)
    throw new Unavailable(
      `a way to send ${other} as a program would`,
      'on the kernel TCP connections (of any size the kernel chooses), UDP, UDP-Lite and echo requests are made',
    );
  const { sender, sent } = senderOf(world, view, probe);
  let flow = await flows.observe(sender, sent);
  for (let i = 1; flow.lost && i < TRIES; i++) flow = await flows.observe(sender, sent);
  const trip = kernelRoundTrip(world, view, probe, flow);
  return flows.proxied(probe.http, trip, flow);
}

/** One flow after the other. Where nobody serves the lab, each meets the connections of the World and none of an earlier one. */
class Flows {
  readonly #initial: ReadonlyMap<string, readonly PlanStep[]>;
  readonly #view: LabView;
  readonly #listeners: Listeners | undefined;
  readonly #health: HealthChecks;
  readonly #world: World;
  readonly #visited = new Set<Watched>();

  constructor(world: World, { plan }: ObservedLab, view: LabView, listeners: Listeners | undefined) {
    this.#initial = initialSteps(plan);
    this.#view = view;
    this.#listeners = listeners;
    this.#health = new HealthChecks(world, view);
    this.#world = world;
  }

  async observe(sender: Watched, probe: Probe): Promise<ObservedFlow> {
    if (this.#listeners === undefined) return observeFlow(this.#view, sender, probe, { patience: PATIENCE });
    for (;;) {
      const flow = await this.#send(sender, probe, PATIENCE);
      if (!(await this.#health.settle(flow, this.#check))) return flow;
    }
  }

  /** What a proxy does about an open connection, or a request over it. Where programs serve the lab, its own connection is theirs. */
  async proxied(request: HttpRequest | undefined, trip: RoundTrip, flow: ObservedFlow): Promise<RoundTrip> {
    if (this.#listeners === undefined) return trip;
    const on = { world: this.#world, view: this.#view, health: this.#health, random: Math.random };
    const observe: Observe = (from, of) => this.observe(from, of);
    return kernelProxied({ ...on, check: this.#check, observe }, request, trip, flow);
  }

  readonly #check: Observe = (from, of) => this.#send(from, of, CHECK_PATIENCE);

  async #send(sender: Watched, probe: Probe, patience: number): Promise<ObservedFlow> {
    this.#listeners?.release();
    for (const at of this.#visited) forgetFlows(at.fd, this.#initial.get(this.#view.planned(at)?.name ?? '') ?? []);
    this.#visited.clear();
    const answer = (at: Watched, took: PacketHeaders): void =>
      answerDatagram(at, took, boundTo(this.#world, this.#view, at, took));
    const flow = await observeFlow(this.#view, sender, probe, { patience, answer });
    for (const [at, records] of flow.observation.links) if (records.length > 0) this.#visited.add(at);
    return flow;
  }
}

/** What puts back the connections and sets a namespace begins with, by its planned name. */
function initialSteps({ phases }: LabPlan): ReadonlyMap<string, readonly PlanStep[]> {
  const steps = new Map<string, PlanStep[]>();
  const all = phases.flatMap((phase) => phase.steps);
  for (const step of [...all.filter(({ kind }) => kind === 'conntrack'), ...refillSteps(all), ...refilledSets(all)])
    if ('netns' in step && step.netns !== undefined) steps.set(step.netns, [...(steps.get(step.netns) ?? []), step]);
  return steps;
}

/**
 * Who sends, and what: a host of the internet nobody declared has its address and no namespace of its own, and a load balancer a
 * namespace for each of its addresses.
 */
function senderOf({ fabric }: World, view: LabView, probe: Probe): { readonly sender: Watched; readonly sent: Probe } {
  const own = view.at(probe.from) ?? view.at(nodeWith(fabric, probe)?.label ?? '');
  if (own !== undefined) return { sender: own, sent: probe };
  const anyone = view.at('internet/*');
  const address = probe.from.startsWith(INTERNET) ? parseIp(probe.from.slice(INTERNET.length)) : undefined;
  if (anyone !== undefined && address !== undefined) return { sender: anyone, sent: { ...probe, src: address } };
  throw new Unavailable(probe.from, 'this lab has no such namespace: it holds another World');
}

/** The node of a load balancer that sends from an address of its own. */
const nodeWith = (fabric: World['fabric'], { from, src }: Probe): BalancerNode | undefined =>
  balancerNodes(fabric).find(({ eni }) => eni.owner === from && (src === undefined || eni.addresses.includes(src)));

const INTERNET = 'internet/';

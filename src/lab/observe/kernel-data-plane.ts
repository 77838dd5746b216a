import type { NetnsId } from '../../linux/index.ts';
import type { Probe, RoundTrip } from '../../trace/index.ts';
import type { DataPlane, World } from '../../world/index.ts';
import { Unavailable } from '../exec/ffi/index.ts';
import { kernelRoundTrip } from './flow/kernel-round-trip.ts';
import { type LabView, type ObservedLab, viewLab } from './flow/lab-view.ts';
import { answerDatagram, type Listeners, openListeners } from './flow/listeners.ts';
import { observeFlow, PATIENCE } from './flow/observe-flow.ts';
import { isSendable } from './flow/probe-socket.ts';
import type { Watched } from './observer.ts';

export interface KernelPlane extends DataPlane {
  readonly name: 'kernel';
  close(): void;
}

export interface KernelPlaneOptions {
  /** Real programs answer already; otherwise this opens every socket of the World, and closes it again. */
  readonly served: boolean;
}

const TRIES = 3;

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
  return { name: 'kernel', walk: async (_world, probe) => [await walk(world, view, probe, options)], close };
}

async function walk(world: World, view: LabView, probe: Probe, { served }: KernelPlaneOptions): Promise<RoundTrip> {
  if (!isSendable(probe))
    throw new Unavailable(
      `a way to send ${String(probe.protocol)} as a program would`,
      'on the kernel TCP, UDP and echo requests are sent',
    );
  const sender = senderOf(view, probe.from as NetnsId); // a probe names a namespace
  const how = { patience: PATIENCE, ...(served ? {} : { answer: answerDatagram }) };
  let flow = await observeFlow(view, sender, probe, how);
  for (let i = 1; flow.lost && i < TRIES; i++) flow = await observeFlow(view, sender, probe, how);
  return kernelRoundTrip(world, view, probe, flow);
}

function senderOf(view: LabView, from: NetnsId): Watched {
  const sender = view.at(from);
  if (sender === undefined) throw new Unavailable(from, 'this lab has no such namespace: it holds another World');
  return sender;
}

import type { ObservedExperiment } from '../../render/index.ts';
import type { Kernel } from './kernel.ts';
import type { Lab } from './lab.ts';
import { clusterIp, connectivity, dns, egress, nodePort } from './traffic.ts';
import { interfaces, nodeSide, podInterfaces } from './wiring.ts';

/** The article's eight experiments: what it printed, what the model gives and, with a kernel, what that gives. */
export async function experiments(lab: Lab, kernel?: Kernel): Promise<ObservedExperiment[]> {
  return [
    await podInterfaces(lab, kernel),
    await nodeSide(lab, kernel),
    await connectivity(lab, kernel),
    await dns(lab, kernel),
    await clusterIp(lab, kernel),
    await nodePort(lab, kernel),
    await egress(lab, kernel),
    await interfaces(lab, kernel),
  ];
}

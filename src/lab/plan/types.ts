import type { NetnsId } from '../../linux/index.ts';

/**
 * A World as commands: what has to be done, in order, to put it on a kernel. A value; whoever runs it decides nothing, and
 * `lab plan` prints it. Every step happens inside the lab's own namespaces: none can name the machine's.
 */
export interface LabPlan {
  readonly namespaces: readonly PlannedNetns[];
  /** Pods that live in a node's namespace: `pod/NS/NAME`. */
  readonly hostPods: readonly HostPod[];
  /** Steps of one phase that name different namespaces do not depend on each other; phases follow one another. */
  readonly phases: readonly PlanPhase[];
  /** Which device is at the other end of which. */
  readonly wires: readonly LabWire[];
  /** What this lab cannot hold of the World, and why: shown to the user, and a known gap to a comparison. */
  readonly gaps: readonly PlanGap[];
}

export interface HostPod {
  readonly label: string;
  /** The planned name of the node's namespace. */
  readonly netns: string;
}

/** A veth pair; its ends by planned namespace and device. */
export interface LabWire {
  readonly a: { readonly netns: string; readonly dev: string };
  readonly b: { readonly netns: string; readonly dev: string };
}

export interface PlanPhase {
  readonly title: string;
  readonly steps: readonly PlanStep[];
}

export interface PlannedNetns {
  /** The name under /run/netns, at most 15 characters. */
  readonly name: string;
  /** The World's namespace it is, artefact by artefact; absent for what the fabric was lowered to. */
  readonly id: NetnsId | undefined;
  /** What it stands for: `node/ip-10-0-0-75.ec2.internal`, `vpc/vpc-1`, `nat-gateway/nat-a`, `internet`. */
  readonly label: string;
}

export type PlanStep =
  | { readonly kind: 'netns-add'; readonly names: readonly string[] }
  /** Lines of one `ip -4|-6 -batch -`; `netns` undefined: run in the lab's root namespace, which has no link to anywhere. */
  | {
      readonly kind: 'ip-batch';
      readonly netns: string | undefined;
      readonly family: 4 | 6;
      readonly lines: readonly string[];
      /** Lines that may find their work done: what they take away can be gone with something else. */
      readonly force?: true;
      /** The kernel may yet have to let go of what is in the way: tried again for a while. One line. */
      readonly awaits?: true;
    }
  | {
      readonly kind: 'sysctl';
      readonly netns: string;
      readonly values: readonly (readonly [name: string, value: string])[];
    }
  | {
      readonly kind: 'iptables-restore';
      readonly netns: string;
      readonly family: 4 | 6;
      readonly flavour: 'nft' | 'legacy';
      readonly text: string;
    }
  /** Sets of ipset, which the rules that follow ask. */
  | {
      readonly kind: 'ipset';
      readonly netns: string;
      readonly text: string;
      /** The kernel may yet have to let go of what is in the way: tried again for a while. */
      readonly awaits?: true;
    }
  /** Native nft text. `observes`: put there to watch or to stand for the fabric, never part of a node's artefacts. */
  | { readonly kind: 'nft'; readonly netns: string; readonly text: string; readonly observes: boolean }
  /** Lines of one `conntrack -R -`: connections that exist before the first packet. */
  | { readonly kind: 'conntrack'; readonly netns: string; readonly lines: readonly string[] }
  /** What a process of this namespace finds as /etc/NAME; with `pod`, the processes of that pod alone. */
  | {
      readonly kind: 'etc-file';
      readonly netns: string;
      readonly pod?: string;
      readonly name: 'resolv.conf' | 'hosts';
      readonly text: string;
    };

export interface PlanGap {
  readonly where: string;
  readonly what: string;
  readonly because: string;
}

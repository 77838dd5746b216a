import type { NetnsId, ResolvConf } from '../linux/index.ts';
import type { Ip } from '../net/index.ts';
import type { AbsentPod, HostsLine } from '../world/index.ts';
import type { UrlParts } from './end.ts';

/** Where a walk starts. */
export interface Sender {
  readonly kind: string;
  readonly name: string;
  readonly netns: NetnsId;
  readonly address: Ip | undefined;
  /** All it has, where that is more than one. */
  readonly addresses?: readonly Ip[];
  /** It sends by the interface with `address`: no namespace stands for it. */
  readonly ofFabric?: true;
  /** What was chosen among several of its kind. */
  readonly notes?: readonly string[];
  /** Its resolver, where that is not its namespace's. */
  readonly resolvConf?: ResolvConf;
  /** Its /etc/hosts, where that is not its namespace's. */
  readonly hosts?: readonly HostsLine[];
  /** The pod that should send, and has nothing to send with; then `netns` is what it would be called. */
  readonly absent?: AbsentPod;
}

/** Where it is sent. `dnsName` is set where a program would look a name up first. */
export interface Target {
  readonly kind: string;
  readonly name: string;
  readonly address: Ip | undefined;
  readonly dnsName: string | undefined;
  readonly port: number | undefined;
  readonly notes: readonly string[];
  /** The pod that was asked for, and has no address. */
  readonly absent?: AbsentPod;
  /** Why nobody here can say what is behind it, and so no packet is sent. */
  readonly unknown?: string;
  /** The request to make once the connection is open. */
  readonly url?: UrlParts | undefined;
  /** Headers it is made with, behind those the question gives. */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
}

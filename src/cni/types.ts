/**
 * The contract between a container runtime and a network plugin (containernetworking/cni SPEC.md, 0.3.1 to 1.1.0), as
 * values: what is asked in CNI_COMMAND, its siblings and the configuration on stdin, and what is answered on stdout.
 */
export type CniRequest =
  | (Asked & { readonly command: 'ADD'; readonly netns: string; readonly pod: PodName })
  | (Asked & { readonly command: 'DEL' })
  | (Asked & { readonly command: 'CHECK'; readonly netns: string; readonly prevResult: PrevResult })
  | { readonly command: 'GC'; readonly config: NetConfig; readonly valid: readonly AttachmentKey[] }
  | { readonly command: 'STATUS'; readonly config: NetConfig }
  | { readonly command: 'VERSION'; readonly cniVersion: string };

interface Asked {
  readonly config: NetConfig;
  readonly key: AttachmentKey;
}

/** What a plugin keeps its state by, beside the network's name (SPEC.md, "Overview of lifecycle"). */
export interface AttachmentKey {
  readonly containerID: string;
  readonly ifName: string;
}

export interface NetConfig {
  readonly cniVersion: string;
  /** The network's. */
  readonly name: string;
  /** Which lab that is up. */
  readonly lab: string;
  /** Which node of it this configuration is on. */
  readonly node: string;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What ADD answered before, as far as CHECK compares it. */
export interface PrevResult {
  readonly interfaces: readonly { readonly name: string; readonly mac?: string; readonly sandbox?: string }[];
  /** Addresses with their prefix lengths. */
  readonly ips: readonly string[];
}

/** What ADD wired. */
export interface CniResult {
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac: string;
    readonly mtu: number;
    readonly sandbox?: string;
  }[];
  /** `interface` is an index into `interfaces`. */
  readonly ips: readonly { readonly address: string; readonly interface: number }[];
}

/** Error codes: those below 100 are the specification's, the others this plugin's own. */
export const CNI_CODE = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  tryAgainLater: 11,
  notAvailable: 50,
  noLab: 100,
  noNode: 101,
  podTaken: 102,
  noAddress: 103,
  notAsWired: 104,
  refused: 105,
  bug: 199,
} as const;

/** Why nothing was done, in the shape a runtime reads. */
export interface CniFailure {
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

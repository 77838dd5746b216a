import type { SourceRef } from '../base/index.ts';

/** Who wrote an artefact line: the source map of a node. */
export interface Origin {
  /** The component: `kube-proxy`, `vpc-cni`, `kubelet`, `ami`, `kernel`, `dhcp`, `dump`, `NodePatch NAME`. */
  readonly by: string;
  /** The object or setting that made it do so: `Service packetlab/echo-clusterip`, `AWS_VPC_K8S_CNI_EXTERNALSNAT=false`. */
  readonly because?: string;
  /** Where the user wrote that. */
  readonly at?: SourceRef;
}

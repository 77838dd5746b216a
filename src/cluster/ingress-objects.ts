import type { SourceRef } from '../base/index.ts';
import type { KubeObject } from './objects.ts';

// Ingresses, cut down as the other Kubernetes objects are.

export interface IngressBackend {
  /** `port` by number or by name; `use-annotation` stands for an action in the Ingress' annotations. */
  readonly service?: { readonly name: string; readonly port: number | string };
  /** `KIND/NAME` */
  readonly resource?: string;
  readonly source: SourceRef;
}

export interface IngressPath {
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly backend: IngressBackend;
  readonly source: SourceRef;
}

export interface Ingress extends KubeObject<'Ingress'> {
  /** Where each annotation stands. */
  readonly annotationPlaces: ReadonlyMap<string, SourceRef>;
  readonly spec: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: IngressBackend;
    /** `host` is empty for any. */
    readonly rules: readonly { readonly host: string; readonly paths: readonly IngressPath[] }[];
  };
  readonly status: { readonly hostnames: readonly string[] };
}

export interface IngressClass extends KubeObject<'IngressClass'> {
  readonly spec: {
    readonly controller: string;
    readonly parameters?: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  };
}

/** Settings for all Ingresses of a class, which overrule their annotations. */
export interface IngressClassParams extends KubeObject<'IngressClassParams'> {
  /** By the annotation that would say the same, without the controller's prefix; of several attributes in one `ANNOTATION.ATTRIBUTE`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The field each of them is, and its place. */
  readonly said: ReadonlyMap<string, { readonly field: string; readonly at: SourceRef }>;
  /** Fields that are not followed. */
  readonly open: ReadonlyMap<string, SourceRef>;
}

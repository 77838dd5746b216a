import type { EndpointSlice } from './objects.ts';

export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

/**
 * The controller looks for its own by this label (`endpointslice_controller.go` syncService). A slice without it, such as one
 * made of an Endpoints object, says nothing of who wrote it: it stands for the controller's.
 */
export function isManaged({ metadata: { labels } }: EndpointSlice): boolean {
  return !Object.hasOwn(labels, MANAGED_BY) || labels[MANAGED_BY] === SLICE_CONTROLLER;
}

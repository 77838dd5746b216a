import type { Issue, SourceRef } from '../../base/index.ts';

/** Kubernetes objects nest about 20 deep, CRD schemas some 60. */
export const MAX_DEPTH = 128;
/** 30,000 pods as `kubectl get -o json` prints them, managedFields hidden, are about 100 MB. */
export const MAX_CHARACTERS = 256 * 1024 * 1024;
export const MAX_YAML_CHARACTERS = 64 * 1024 * 1024;
/** Objects of all files together; Kubernetes is tested with 150,000 pods a cluster (kubernetes.io, "Considerations for large clusters"). */
export const MAX_OBJECTS = 200_000;
/** Scalars, lists and maps of all JSON files together: a live pod has about 150, and each takes up to 100 bytes once read. */
export const MAX_VALUES = 8_000_000;
/** The same of YAML, whose syntax tree is read at a hundredth of the speed. */
export const MAX_YAML_VALUES = 4_000_000;
/** Of one document, or of one element of a large list: the tree of each is some 500 bytes. */
export const MAX_DOCUMENT_VALUES = 1_000_000;
/** One document of a YAML stream, or one element of a large list: its syntax tree takes a hundred times the text. */
export const MAX_YAML_DOCUMENT = 16 * 1024 * 1024;
/** The yaml package's guard against documents that multiply by aliases ("billion laughs"). */
export const MAX_ALIASES = 100;

export const tooDeep = (at: SourceRef): Issue => ({
  code: 'too-deep',
  severity: 'error',
  at,
  message: `Lists and maps nest deeper than ${MAX_DEPTH} levels`,
});

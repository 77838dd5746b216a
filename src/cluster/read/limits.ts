import type { Issue, SourceRef } from '../../base/index.ts';

/** Kubernetes objects nest about 20 deep, CRD schemas some 60. */
export const MAX_DEPTH = 128;
/** 30,000 pods as `kubectl get -o json` prints them, managedFields hidden, are about 100 MB. */
export const MAX_CHARACTERS = 256 * 1024 * 1024;
export const MAX_YAML_CHARACTERS = 64 * 1024 * 1024;
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

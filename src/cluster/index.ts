export type * from './cluster.ts';
export { type CniSettings, cniSettings } from './cni-env.ts';
export { type JsonSchema, jsonSchema, jsonSchemaOf, ownKinds } from './json-schema.ts';
export { loadCluster } from './load-cluster.ts';
export type * from './network.ts';
export type * from './objects.ts';
export { OWN_API_VERSION, type OwnKind } from './own/schemas.ts';
export type { InputFile } from './read/raw-document.ts';
export { type KnobSetting, knobKeys } from './settings/knobs.ts';

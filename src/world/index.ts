export { checkWorld, type Locate } from './check-world.ts';
export { folderOf, netnsOfFolder } from './folder.ts';
export { implicitInternetHost } from './internet-host.ts';
export { servesClusterNames } from './name-servers.ts';
export { type Owner, ownerOf } from './owners.ts';
export { ARTEFACT_FILES, completeNetns, type NamedText, type PartialNetns, readArtefacts } from './read-netns.ts';
export { readWorld } from './read-world.ts';
export type * from './types.ts';
export { netnsFiles, type WorldFile, worldFiles } from './write-world.ts';

export { ARTEFACT_FILES, artefactOf, isArtefactName, looksCollected, nearArtefact } from './artefact-names.ts';
export { checkWorld, type Locate } from './check-world.ts';
export { type Arrival, farEndOf, NOBODY_GIVEN, ownerName, showEnd } from './far-end.ts';
export { folderOf, netnsOfFolder } from './folder.ts';
export { hostnameOf, hostsFile, hostsFileAt, printHostsFile } from './hosts-file.ts';
export { httpStatusAt } from './http-status.ts';
export { implicitInternetHost } from './internet-host.ts';
export { servesClusterNames } from './name-servers.ts';
export { type Owner, ownerOf, portsEach, serviceRange } from './owners.ts';
export { placeOf } from './place.ts';
export { addSteps, joinHops } from './proxy/join-hops.ts';
export {
  type InService,
  type ListenerEnd,
  proxyLine,
  type Served,
  type Serving,
  serve,
  speaksHttp,
} from './proxy/serve.ts';
export { completeNetns, type NamedText, type PartialNetns, readArtefacts } from './read-netns.ts';
export { readWorld } from './read-world.ts';
export { asksWithDns64, dnsOf } from './seen-names.ts';
export type * from './types.ts';
export { askedTables, toldTables } from './unsaid-routes.ts';
export { unsaidNames } from './unsaid-settings.ts';
export { unsaidTables } from './unsaid-tables.ts';
export { netnsFiles, type WorldFile, worldFiles } from './write-world.ts';

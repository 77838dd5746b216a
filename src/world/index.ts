export { folderOf, netnsOfFolder } from './folder.ts';
export { implicitInternetHost } from './internet-host.ts';
export { type Owner, ownerOf } from './owners.ts';
export type * from './types.ts';

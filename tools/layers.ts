/** The import table: a folder may import only from the folders in its list. Same-folder imports are free. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  net: ['base'],
  trace: ['base', 'net'],
  linux: ['base', 'net'],
  fabric: ['base', 'net'],
  world: ['base', 'net', 'trace', 'linux', 'fabric'],
  cluster: ['base', 'net', 'fabric'],
  controllers: ['base', 'net', 'fabric', 'cluster'],
  compile: ['base', 'net', 'linux', 'fabric', 'world', 'cluster'],
  ingest: ['base', 'net', 'linux', 'fabric', 'world'],
  sim: ['base', 'net', 'trace', 'linux', 'fabric', 'world'],
  lab: ['base', 'net', 'trace', 'linux', 'fabric', 'world'],
  verify: ['base', 'net', 'trace', 'world'],
  load: ['base', 'net', 'linux', 'fabric', 'world', 'cluster', 'controllers', 'compile', 'ingest'],
  cni: ['base'],
  ask: ['base', 'net', 'trace', 'linux', 'fabric', 'world', 'verify'],
  render: ['base', 'net', 'trace'],
};

/** Packages each folder may import; every other folder imports none. `cli` may import every dependency. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  cluster: ['yaml', 'zod'],
  compile: ['@noble/hashes'],
  controllers: ['@noble/hashes'],
};

/** Parts of a folder that touch the machine: they alone may import `node:` modules and the packages named. */
export const runtimes: Readonly<Record<string, readonly string[]>> = {
  'lab/exec': ['koffi'],
  'lab/observe': ['koffi'],
  'lab/serve': ['dns-packet'],
};

/** Folders that may import `node:` modules and everything else. */
export const edges: readonly string[] = ['cli'];

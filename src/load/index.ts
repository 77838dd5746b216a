export { type Classified, classify, type InputFile, isArtefact } from './classify.ts';
export { type Loaded, loadWorld } from './load-world.ts';

export { type Classified, classify, type InputFile, isArtefactName } from './classify.ts';
export { type Loaded, loadWorld } from './load-world.ts';

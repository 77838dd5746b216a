export { type AttachedPod, attachPods } from './attach-pods.ts';
export { type Classified, classify, type InputFile } from './classify.ts';
export { type Loaded, loadWorld } from './load-world.ts';

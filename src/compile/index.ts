export { compileWorld } from './compile-world.ts';
